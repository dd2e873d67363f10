//! A service's stand-in, between it and whoever calls it: passes requests on, unless the story has
//! planned a mishap for them.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{
    Router,
    body::Bytes,
    extract::{Request, State},
    http::StatusCode,
    response::{IntoResponse, Response},
};
use tokio::sync::Notify;

use super::Service;

/// How long a slow service takes, when it does.
const SLOW: Duration = Duration::from_millis(200);

/// What happens to a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mishap {
    /// The service is not there.
    Unavailable,
    /// The request gets lost on its way.
    Lost,
    /// The service does its work, and the answer gets lost.
    Unanswered,
    /// The service takes its time, but less than the caller has.
    Slow,
    /// The service does its work, and the answer arrives when the story says so.
    AnsweredLate,
    /// The caller is killed before the service knows of anything.
    KilledBefore,
    /// The service does its work, and the caller is killed before it hears of it.
    KilledAfter,
    /// The caller is killed, and the request arrives when the story says so.
    KilledAndLate,
}

/// A mishap for the next requests whose line begins like this.
#[derive(Clone, Debug)]
struct Plan {
    request: String,
    mishap: Mishap,
    times: usize,
    /// The process to be killed.
    caller: u32,
}

#[derive(Default)]
struct Planned {
    plan: Option<Plan>,
    /// Requests that are on their way.
    late: Vec<reqwest::RequestBuilder>,
}

#[derive(Clone)]
struct Passage {
    service: Service,
    planned: Arc<Mutex<Planned>>,
    /// Told when a late answer may go on.
    answers: Arc<Notify>,
}

/// The stand-in of a service.
pub(crate) struct Proxy {
    pub(crate) url: String,
    planned: Arc<Mutex<Planned>>,
    answers: Arc<Notify>,
}

impl Proxy {
    /// Stands in for a service.
    pub(crate) async fn of(service: &Service) -> Self {
        let (planned, answers) = (Arc::default(), Arc::default());
        let passage = Passage {
            service: service.clone(),
            planned: Arc::clone(&planned),
            answers: Arc::clone(&answers),
        };
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let router = Router::new().fallback(pass).with_state(passage);
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self {
            url,
            planned,
            answers,
        }
    }

    /// Plans a mishap for the next requests that begin with this method and path.
    pub(crate) fn plan(&self, request: &str, mishap: Mishap, times: usize, caller: u32) {
        self.planned.lock().unwrap().plan = Some(Plan {
            request: request.to_owned(),
            mishap,
            times,
            caller,
        });
    }

    /// Plans nothing any more.
    pub(crate) fn calm(&self) {
        self.planned.lock().unwrap().plan = None;
    }

    /// Whether everything planned has happened.
    pub(crate) fn is_through(&self) -> bool {
        self.planned.lock().unwrap().plan.is_none()
    }

    /// Lets one late answer arrive.
    pub(crate) fn let_answer_go(&self) {
        self.answers.notify_one();
    }

    /// Lets late requests arrive.
    pub(crate) async fn deliver(&self) {
        let late = std::mem::take(&mut self.planned.lock().unwrap().late);
        for request in late {
            request.send().await.unwrap();
        }
    }
}

impl Planned {
    /// What is planned for this request.
    fn take(&mut self, request: &str) -> Option<Plan> {
        let plan = self.plan.as_mut()?;
        if !request.starts_with(&plan.request) {
            return None;
        }
        plan.times -= 1;
        let taken = plan.clone();
        if plan.times == 0 {
            self.plan = None;
        }
        Some(taken)
    }
}

async fn pass(State(passage): State<Passage>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let body = axum::body::to_bytes(body, usize::MAX).await.unwrap();
    let line = format!("{} {}", parts.method, parts.uri);
    let forwarded = passage
        .service
        .client
        .request(
            parts.method,
            format!("{}{}", passage.service.internal_url, parts.uri),
        )
        .headers(parts.headers)
        .body(body);
    let Some(plan) = passage.planned.lock().unwrap().take(&line) else {
        return send(forwarded).await;
    };
    match plan.mishap {
        Mishap::Unavailable => return StatusCode::SERVICE_UNAVAILABLE.into_response(),
        Mishap::Slow => {
            tokio::time::sleep(SLOW).await;
            return send(forwarded).await;
        }
        Mishap::AnsweredLate => {
            let answer = send(forwarded).await;
            passage.answers.notified().await;
            return answer;
        }
        Mishap::Lost => {}
        Mishap::Unanswered => drop(send(forwarded).await),
        Mishap::KilledBefore => kill(plan.caller),
        Mishap::KilledAfter => {
            send(forwarded).await;
            kill(plan.caller);
        }
        Mishap::KilledAndLate => {
            passage.planned.lock().unwrap().late.push(forwarded);
            kill(plan.caller);
        }
    }
    // Nobody waits for the answer, or waits in vain.
    std::future::pending().await
}

async fn send(request: reqwest::RequestBuilder) -> Response {
    let response = request.send().await.unwrap();
    let (status, headers) = (response.status(), response.headers().clone());
    let body: Bytes = response.bytes().await.unwrap();
    (status, headers, body).into_response()
}

/// Kills a process at once.
pub(crate) fn kill(pid: u32) {
    let status = std::process::Command::new("kill")
        .args(["-KILL", &pid.to_string()])
        .status();
    assert!(status.unwrap().success());
}
