//! A payment provider that outlives the shop: it speaks as Stripe does, keeps a book, and stops where
//! it is told to, before it does what it is asked or before it says that it has.

use std::{
    collections::HashMap,
    net::TcpListener,
    sync::{Arc, Mutex, MutexGuard},
};

use actix_web::{
    App, HttpRequest, HttpResponse, HttpServer,
    web::{self, Bytes, Data},
};
use serde_json::{Value, json};
use tokio::sync::watch;

use crate::support::soon;

/// What the bank can be asked that moves money.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Call {
    SetAside,
    Take,
    GiveBack,
}

/// Where it stops.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum At {
    /// It has done nothing yet.
    Asked,
    /// It has done it, and not answered.
    Done,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Gate {
    Open,
    Armed(Call, At),
    /// Somebody waits at it.
    Reached,
    /// Who waited has hung up.
    Forgotten,
}

pub struct Bank {
    pub url: String,
    desk: Arc<Desk>,
}

struct Desk {
    book: Mutex<Book>,
    gate: watch::Sender<Gate>,
}

#[derive(Default)]
struct Book {
    /// Each under its key.
    intents: Vec<(String, Value)>,
    refunds: Vec<(String, Value)>,
}

/// What the bank has of an order.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Account {
    /// How often money was taken, and how much.
    pub taken: (usize, i64),
    pub given_back: i64,
    /// Charges that are neither taken nor let go.
    pub open: usize,
}

impl Bank {
    pub fn open() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let desk = Arc::new(Desk { book: Mutex::default(), gate: watch::Sender::new(Gate::Open) });
        let data = Data::from(Arc::clone(&desk));
        let app = move || App::new().app_data(data.clone()).default_service(web::to(serve));
        let server = HttpServer::new(app).workers(1).disable_signals();
        actix_rt::spawn(server.listen(listener).unwrap().run());
        Bank { url, desk }
    }

    /// Has the next one who asks for `call` wait there.
    pub fn stop(&self, call: Call, at: At) {
        self.desk.gate.send_replace(Gate::Armed(call, at));
    }

    /// Waits until somebody does.
    pub async fn reached(&self) {
        let mut gate = self.desk.gate.subscribe();
        soon("a question to the bank", gate.wait_for(|it| *it == Gate::Reached)).await.unwrap();
    }

    pub fn go_on(&self) {
        self.desk.gate.send_replace(Gate::Open);
    }

    /// Whoever waits has gone: what was not done by then is not done.
    pub fn hang_up(&self) {
        self.desk.gate.send_replace(Gate::Forgotten);
    }

    pub fn account(&self, order: &Value) -> Account {
        let book = self.desk.book();
        let mut account = Account::default();
        let own = |it: &&(String, Value)| it.1["metadata"]["order_id"] == order["id"];
        for (_, intent) in book.intents.iter().filter(own) {
            match intent["status"].as_str() {
                Some("succeeded") => {
                    account.taken.0 += 1;
                    account.taken.1 += intent["amount"].as_i64().unwrap();
                    account.given_back += book.given_back(intent);
                }
                Some("requires_capture") => account.open += 1,
                _ => {}
            }
        }
        account
    }
}

impl Desk {
    fn book(&self) -> MutexGuard<'_, Book> {
        self.book.lock().unwrap()
    }

    /// Waits at the gate, if it is closed here; whether to go on.
    async fn pass(&self, call: Call, at: At) -> bool {
        let mut gate = self.gate.subscribe();
        let is_stopped = self.gate.send_if_modified(|gate| {
            let is_here = *gate == Gate::Armed(call, at);
            *gate = if is_here { Gate::Reached } else { *gate };
            is_here
        });
        !is_stopped || *gate.wait_for(|it| *it != Gate::Reached).await.unwrap() == Gate::Open
    }

    /// Does something to the book, and stops before and after it where that is wanted.
    async fn turn(&self, call: Call, work: impl FnOnce(&mut Book) -> HttpResponse) -> HttpResponse {
        if !self.pass(call, At::Asked).await {
            return HttpResponse::InternalServerError().finish();
        }
        let answer = work(&mut self.book());
        self.pass(call, At::Done).await;
        answer
    }
}

impl Book {
    fn intent(&mut self, id: &str) -> Option<&mut Value> {
        self.intents.iter_mut().map(|(_, intent)| intent).find(|it| it["id"] == id)
    }

    fn given_back(&self, intent: &Value) -> i64 {
        let own = self.refunds.iter().filter(|(_, it)| it["payment_intent"] == intent["id"]);
        own.map(|(_, it)| it["amount"].as_i64().unwrap()).sum()
    }

    fn set_aside(&mut self, key: &str, form: &Form) -> HttpResponse {
        if let Some((_, first)) = self.intents.iter().find(|(known, _)| known == key) {
            return HttpResponse::Ok().insert_header(("Idempotent-Replayed", "true")).json(first);
        }
        let intent = json!({
            "id": format!("pi_{}", self.intents.len()),
            "amount": form["amount"].parse::<i64>().unwrap(),
            "status": "requires_capture",
            "metadata": metadata(form),
        });
        self.intents.push((key.to_owned(), intent.clone()));
        HttpResponse::Ok().json(intent)
    }

    /// Takes what was set aside, or lets it go.
    fn end(&mut self, id: &str, status: &str) -> HttpResponse {
        match self.intent(id) {
            Some(intent) if intent["status"] == "requires_capture" => {
                intent["status"] = json!(status);
                HttpResponse::Ok().json(intent)
            }
            Some(_) | None => refused("payment_intent_unexpected_state"),
        }
    }

    fn give_back(&mut self, key: &str, form: &Form) -> HttpResponse {
        if let Some((_, first)) = self.refunds.iter().find(|(known, _)| known == key) {
            return HttpResponse::Ok().insert_header(("Idempotent-Replayed", "true")).json(first);
        }
        let amount: i64 = form["amount"].parse().unwrap();
        let Some(intent) = self.intent(&form["payment_intent"]).cloned() else {
            return refused("resource_missing");
        };
        let left = intent["amount"].as_i64().unwrap() - self.given_back(&intent);
        if intent["status"] != "succeeded" || amount > left {
            return refused("charge_already_refunded");
        }
        let refund = json!({
            "amount": amount,
            "payment_intent": intent["id"],
            "status": "succeeded",
            "metadata": metadata(form),
        });
        self.refunds.push((key.to_owned(), refund.clone()));
        HttpResponse::Ok().json(refund)
    }
}

type Form = HashMap<String, String>;

fn refused(code: &str) -> HttpResponse {
    HttpResponse::BadRequest().json(json!({ "error": { "code": code } }))
}

fn metadata(form: &Form) -> HashMap<&str, &str> {
    let own = form.iter().filter_map(|(name, value)| {
        Some((name.strip_prefix("metadata[")?.strip_suffix(']')?, value.as_str()))
    });
    own.collect()
}

async fn serve(desk: Data<Desk>, request: HttpRequest, body: Bytes) -> HttpResponse {
    let form: Form = form_urlencoded::parse(&body).into_owned().collect();
    let key = request.headers().get("Idempotency-Key").map(|it| it.to_str().unwrap().to_owned());
    let key = key.unwrap_or_default();
    let path: Vec<&str> = request.path().split('/').skip(2).collect();
    match (request.method().as_str(), &path[..]) {
        ("POST", ["payment_intents"]) => {
            desk.turn(Call::SetAside, |book| book.set_aside(&key, &form)).await
        }
        ("POST", ["payment_intents", id, "capture"]) => {
            desk.turn(Call::Take, |book| book.end(id, "succeeded")).await
        }
        ("POST", ["payment_intents", id, "cancel"]) => desk.book().end(id, "canceled"),
        ("GET", ["payment_intents", id]) => match desk.book().intent(id) {
            Some(intent) => HttpResponse::Ok().json(intent),
            None => refused("resource_missing"),
        },
        ("POST", ["refunds"]) => {
            desk.turn(Call::GiveBack, |book| book.give_back(&key, &form)).await
        }
        ("GET", ["refunds"]) => {
            let of = request.query_string().trim_start_matches("payment_intent=");
            let of = of.split('&').next().unwrap();
            let book = desk.book();
            let all = book.refunds.iter().map(|(_, it)| it).filter(|it| it["payment_intent"] == of);
            HttpResponse::Ok().json(json!({ "data": all.collect::<Vec<_>>() }))
        }
        other => panic!("the bank was asked for {other:?}"),
    }
}
