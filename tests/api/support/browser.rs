//! The push service of browsers: it keeps what it is sent for each, and answers as it is told to.

use std::{
    collections::{HashMap, VecDeque},
    net::TcpListener,
    sync::{Arc, Mutex},
};

use actix_web::{
    App, HttpRequest, HttpResponse, HttpServer,
    http::{StatusCode, header},
    web::{self, Bytes, Data, Path},
};
use serde_json::{Value, json};
use tokio::sync::watch;

use super::{client::Client, soon};

/// The keys of every browser: those of RFC 8291, 5, of which the private one is known.
const P256DH: &str = "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcx\
                      aOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4";
pub const AUTH: &str = "BTBZMqHH6r4Tts7J_aSIgg";
pub const PRIVATE: &str = "q1dXpw3UpT5VOmu_cf_v6ih07Aems3njxI-JWgLcM94";

/// A status, and a `Retry-After`.
type Answer = (u16, Option<&'static str>);

/// A message as it came.
#[derive(Debug, Clone)]
pub struct Pushed {
    /// The browser.
    pub to: String,
    head: HashMap<String, String>,
    pub body: Vec<u8>,
}

impl Pushed {
    pub fn header(&self, name: &str) -> &str {
        self.head.get(name).map_or("", String::as_str)
    }
}

/// The service of some browsers.
pub struct Service {
    pub url: String,
    desk: Arc<Desk>,
}

struct Desk {
    received: Mutex<Vec<Pushed>>,
    /// What comes first for each browser; then everything is taken.
    next: Mutex<HashMap<String, VecDeque<Answer>>>,
    count: watch::Sender<usize>,
}

impl Service {
    pub fn open() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let desk = Arc::new(Desk {
            received: Mutex::default(),
            next: Mutex::default(),
            count: watch::Sender::new(0),
        });
        let data = Data::from(Arc::clone(&desk));
        let app = move || App::new().app_data(data.clone()).route("/{to}", web::post().to(receive));
        let server = HttpServer::new(app).workers(1).disable_signals();
        actix_rt::spawn(server.listen(listener).unwrap().run());
        Service { url, desk }
    }

    /// Where messages to a browser go.
    pub fn endpoint(&self, browser: &str) -> String {
        format!("{}/{browser}", self.url)
    }

    /// Has `user` told by a browser of this service, and says what the subscription is called.
    pub async fn subscribe(&self, user: &Client, browser: &str) -> String {
        let body = subscription(&self.endpoint(browser));
        let id = user.post("/me/push-subscriptions", body).await.is(201)["id"].clone();
        id.as_str().unwrap().to_owned()
    }

    /// Answers what comes next for a browser with this status and this `Retry-After`.
    pub fn answer(&self, browser: &str, status: u16, retry_after: Option<&'static str>) {
        let mut next = self.desk.next.lock().unwrap();
        next.entry(browser.to_owned()).or_default().push_back((status, retry_after));
    }

    /// All that came so far.
    pub fn received(&self) -> Vec<Pushed> {
        self.desk.received.lock().unwrap().clone()
    }

    /// All that came to a browser so far.
    pub fn of(&self, browser: &str) -> Vec<Pushed> {
        let mut all = self.received();
        all.retain(|it| it.to == browser);
        all
    }

    /// All that came to a browser, once there is so much of it.
    pub async fn until(&self, browser: &str, count: usize) -> Vec<Pushed> {
        let mut changes = self.desk.count.subscribe();
        let enough = changes.wait_for(|_| self.of(browser).len() >= count);
        soon("a message to a browser", enough).await.unwrap();
        self.of(browser)
    }
}

/// As `PushSubscription.toJSON()` has it.
pub fn subscription(endpoint: &str) -> Value {
    let keys = json!({ "p256dh": P256DH, "auth": AUTH });
    json!({ "endpoint": endpoint, "expirationTime": null, "keys": keys })
}

async fn receive(
    desk: Data<Desk>,
    request: HttpRequest,
    to: Path<String>,
    body: Bytes,
) -> HttpResponse {
    let text = |value: &header::HeaderValue| value.to_str().unwrap().to_owned();
    let head = request.headers().iter().map(|(name, value)| (name.to_string(), text(value)));
    let pushed = Pushed { to: to.into_inner(), head: head.collect(), body: body.to_vec() };
    let next = desk.next.lock().unwrap().get_mut(&pushed.to).and_then(VecDeque::pop_front);
    desk.received.lock().unwrap().push(pushed);
    desk.count.send_modify(|count| *count += 1);
    let (status, retry_after) = next.unwrap_or((201, None));
    let mut answer = HttpResponse::build(StatusCode::from_u16(status).unwrap());
    if let Some(after) = retry_after {
        answer.insert_header((header::RETRY_AFTER, after));
    }
    answer.finish()
}
