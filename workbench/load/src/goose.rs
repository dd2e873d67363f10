//! Goose, which launches the users and lets them go: its one room.
//!
//! Goose runs each user as a task of its own that repeats a transaction until all are told to end. Its ramps take whole
//! seconds and stop the last user first, so that it launches everybody at once here: a user's one transaction is its whole
//! life, and when that begins and ends is for the plan's schedule to say.

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

/// Launches so many users; says when the last one has ended, and how many ended by a panic. Goose takes up to half a second
/// more to notice.
///
/// `live` begins the life of the user with a number, from 0, as a task.
pub(crate) async fn launch(
    users: usize,
    live: impl Fn(usize) -> JoinHandle<()> + Send + Sync + 'static,
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
        live: Box::new(live),
        present: AtomicUsize::new(users),
        over: watch::Sender::new(None),
        panicked: AtomicUsize::new(0),
    });
    let users = Arc::clone(&crowd);
    // One for all: Goose's own allotment by weight misses the shares when users are few.
    let scenario = Scenario::new("users").register_transaction(Transaction::new(life(crowd)));
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
    live: Box<dyn Fn(usize) -> JoinHandle<()> + Send + Sync>,
    /// Users whose life has not ended.
    present: AtomicUsize,
    /// Since when none is left.
    over: watch::Sender<Option<Instant>>,
    panicked: AtomicUsize,
}

/// Marks a Goose user whose life has begun.
#[derive(Clone)]
struct Lived;

/// The one transaction: a user's whole life, and after that the wait for the others.
fn life(crowd: Arc<Crowd>) -> TransactionFunction {
    Arc::new(move |user: &mut GooseUser| {
        let crowd = Arc::clone(&crowd);
        let begun = user.get_session_data::<Lived>().is_none().then(|| {
            user.set_session_data(Lived);
            (crowd.live)(user.weighted_users_index)
        });
        Box::pin(async move {
            if let Some(life) = begun {
                // However it ended: what the user did is recorded.
                let panicked = life.await.is_err_and(|error| error.is_panic());
                crowd.panicked.fetch_add(panicked.into(), Ordering::SeqCst);
                if crowd.present.fetch_sub(1, Ordering::SeqCst) == 1 {
                    crowd.over.send_replace(Some(Instant::now()));
                    ::goose::trigger_killswitch("every user has left");
                }
            } else {
                let _ = crowd.over.subscribe().wait_for(Option::is_some).await;
                // Goose looks at its switch twice a second.
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            Ok(())
        }) as Pin<Box<dyn Future<Output = _> + Send + '_>>
    })
}
