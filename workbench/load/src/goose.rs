//! Launches the users with Goose. No other module uses Goose.
//!
//! Goose runs each user as a task that repeats a transaction until all are stopped. Its ramps take whole seconds and
//! stop the last user first. So Goose launches all users at once here, and a user has a single transaction, which
//! starts and ends by the plan's schedule.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use ::goose::GooseAttack;
use ::goose::client::GooseClientBuilder;
use ::goose::config::GooseConfiguration;
use ::goose::goose::{GooseUser, Scenario, Transaction, TransactionFunction};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::error::LoadError;

/// Launches the users. Returns when the last one ended, and how many ended by a panic. Goose returns up to half a
/// second after the last user.
///
/// `start_user` spawns the task of a user, by its number from 0.
pub(crate) async fn launch(
    users: usize,
    start_user: impl Fn(usize) -> JoinHandle<()> + Send + Sync + 'static,
) -> Result<(Instant, usize), LoadError> {
    let mut configuration = GooseConfiguration::default();
    // Requests go through our own connections: Goose only needs a host that parses.
    configuration.host = Some("http://127.0.0.1/".into());
    configuration.users = Some(users);
    // All at once: each user waits for its own start.
    configuration.increase_rate = Some("1000000".into());
    configuration.no_metrics = true;
    configuration.no_print_metrics = true;
    configuration.no_error_summary = true;
    configuration.no_telnet = true;
    configuration.quiet = 2;
    let crowd = Arc::new(Crowd {
        start_user: Box::new(start_user),
        present: AtomicUsize::new(users),
        over: watch::Sender::new(None),
        panicked: AtomicUsize::new(0),
    });
    let users = Arc::clone(&crowd);
    // One for all: Goose's own allotment by weight misses the shares when users are few.
    let scenario = Scenario::new("users").register_transaction(Transaction::new(task(crowd)));
    let goose = GooseAttack::initialize_with_config(configuration)
        .map_err(Box::new)?
        // One idle client for all: a client per user would cost 121 KB each.
        .set_client_builder_without_cookies(GooseClientBuilder::new().without_cookies())
        .map_err(Box::new)?
        .register_scenario(scenario);
    goose.execute().await.map_err(Box::new)?;
    let ended = *users.over.borrow();
    Ok((
        ended.unwrap_or_else(Instant::now),
        users.panicked.load(Ordering::SeqCst),
    ))
}

struct Crowd {
    start_user: Box<dyn Fn(usize) -> JoinHandle<()> + Send + Sync>,
    /// Users that have not ended.
    present: AtomicUsize,
    /// When the last user ended.
    over: watch::Sender<Option<Instant>>,
    panicked: AtomicUsize,
}

/// Marks a Goose user whose task has started.
#[derive(Clone)]
struct HasStarted;

/// The only transaction: it runs the user's task, then waits for the other users.
fn task(crowd: Arc<Crowd>) -> TransactionFunction {
    Arc::new(move |user: &mut GooseUser| {
        let crowd = Arc::clone(&crowd);
        let begun = user.get_session_data::<HasStarted>().is_none().then(|| {
            user.set_session_data(HasStarted);
            (crowd.start_user)(user.weighted_users_index)
        });
        Box::pin(async move {
            if let Some(task) = begun {
                // Its samples are recorded, however it ended.
                let panicked = task.await.is_err_and(|error| error.is_panic());
                crowd.panicked.fetch_add(panicked.into(), Ordering::SeqCst);
                if crowd.present.fetch_sub(1, Ordering::SeqCst) == 1 {
                    crowd.over.send_replace(Some(Instant::now()));
                    ::goose::trigger_killswitch("every user has left");
                }
            } else {
                let _ = crowd.over.subscribe().wait_for(Option::is_some).await;
                // Goose checks its kill switch twice a second.
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            Ok(())
        }) as Pin<Box<dyn Future<Output = _> + Send + '_>>
    })
}
