//! Another program that is told of what happens: it keeps what it is sent, and answers as it is told to.

use std::{
    collections::VecDeque,
    future::pending,
    net::TcpListener,
    sync::{Arc, Mutex},
};

use actix_web::{
    App, HttpRequest, HttpResponse, HttpServer,
    http::{StatusCode, header},
    web::{self, Bytes, Data},
};
use serde_json::{Value, json};
use tokio::sync::watch;

use super::{TestShop, soon};

/// What is answered.
#[derive(Debug, Clone)]
pub enum Answer {
    Status(u16),
    /// A redirect to there.
    Redirect(String),
    /// Nothing, for as long as anybody waits.
    Never,
}

/// A message as it came.
#[derive(Debug, Clone)]
pub struct Received {
    pub id: String,
    pub timestamp: String,
    pub signature: String,
    pub text: String,
    /// The same as JSON.
    pub body: Value,
}

impl Received {
    pub fn kind(&self) -> &str {
        self.body["type"].as_str().unwrap()
    }

    /// Whether it tells of this order.
    pub fn is_of(&self, order: &Value) -> bool {
        self.body["data"]["order_id"] == order["id"]
    }
}

pub struct Receiver {
    pub url: String,
    desk: Arc<Desk>,
}

struct Desk {
    received: Mutex<Vec<Received>>,
    /// What comes first.
    next: Mutex<VecDeque<Answer>>,
    always: Mutex<Answer>,
    count: watch::Sender<usize>,
}

impl Receiver {
    pub fn open() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/hooks", listener.local_addr().unwrap());
        let desk = Arc::new(Desk {
            received: Mutex::default(),
            next: Mutex::default(),
            always: Mutex::new(Answer::Status(204)),
            count: watch::Sender::new(0),
        });
        let data = Data::from(Arc::clone(&desk));
        let app = move || App::new().app_data(data.clone()).default_service(web::to(receive));
        let server = HttpServer::new(app).workers(1).disable_signals();
        actix_rt::spawn(server.listen(listener).unwrap().run());
        Receiver { url, desk }
    }

    /// Answers the next messages so, and the others with 204.
    pub fn answer(&self, answers: impl IntoIterator<Item = Answer>) {
        self.desk.next.lock().unwrap().extend(answers);
    }

    /// Answers all messages so.
    pub fn always(&self, answer: Answer) {
        *self.desk.always.lock().unwrap() = answer;
    }

    /// All that came so far.
    pub fn received(&self) -> Vec<Received> {
        self.desk.received.lock().unwrap().clone()
    }

    /// All that came, once `is_enough` says so.
    pub async fn until(&self, is_enough: impl Fn(&[Received]) -> bool) -> Vec<Received> {
        let mut count = self.desk.count.subscribe();
        let enough = count.wait_for(|_| is_enough(&self.received()));
        soon("a message", enough).await.unwrap();
        self.received()
    }

    /// All that came, once one of this type has.
    pub async fn until_kind(&self, kind: &str) -> Vec<Received> {
        self.until(|all| all.iter().any(|it| it.kind() == kind)).await
    }
}

async fn receive(desk: Data<Desk>, request: HttpRequest, body: Bytes) -> HttpResponse {
    let header = |name| request.headers().get(name).unwrap().to_str().unwrap().to_owned();
    assert_eq!(header("content-type"), "application/json");
    let text = String::from_utf8(body.to_vec()).unwrap();
    let received = Received {
        id: header("webhook-id"),
        timestamp: header("webhook-timestamp"),
        signature: header("webhook-signature"),
        body: serde_json::from_str(&text).unwrap(),
        text,
    };
    desk.received.lock().unwrap().push(received);
    desk.count.send_modify(|count| *count += 1);
    let next = desk.next.lock().unwrap().pop_front();
    match next.unwrap_or_else(|| desk.always.lock().unwrap().clone()) {
        Answer::Status(status) => {
            HttpResponse::build(StatusCode::from_u16(status).unwrap()).body("so be it")
        }
        Answer::Redirect(to) => {
            HttpResponse::Found().insert_header((header::LOCATION, to)).finish()
        }
        Answer::Never => pending().await,
    }
}

impl TestShop {
    /// Has `url` told of these types, or of all where there are none.
    pub async fn hook(&self, url: &str, types: &[&str]) -> Value {
        let body = json!({ "url": url, "types": types });
        self.admin().await.post("/admin/webhooks", body).await.is(201)
    }

    pub async fn webhook(&self, hook: &Value) -> Value {
        self.admin().await.get(&place(hook)).await.is(200)
    }

    /// What the log has of the messages to `hook`, the newest first, if they fit a page.
    pub async fn deliveries(&self, hook: &Value) -> Vec<Value> {
        let path = format!("{}/deliveries?limit=100", place(hook));
        let page = self.admin().await.get(&path).await.is(200);
        assert!(page["next_cursor"].is_null(), "they do not fit a page");
        page["items"].as_array().unwrap().clone()
    }

    /// The same, once `is_enough` says so.
    pub async fn deliveries_until(
        &self,
        hook: &Value,
        is_enough: impl Fn(&[Value]) -> bool,
    ) -> Vec<Value> {
        soon("what came of the messages", async {
            loop {
                let all = self.deliveries(hook).await;
                if is_enough(&all) {
                    return all;
                }
            }
        })
        .await
    }
}

/// Where a webhook is.
pub fn place(hook: &Value) -> String {
    format!("/admin/webhooks/{}", hook["id"].as_str().unwrap())
}
