//! A payment provider of another company, with a book of its own. What it is asked waits until the
//! simulation says what becomes of it: it may be done and not be answered, come late, come twice,
//! or never come.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex, MutexGuard,
        atomic::{AtomicBool, Ordering},
    },
};

use tokio::sync::oneshot;

use crate::{
    domain::{id::RefundId, money::Money},
    gateway::payment::{Charge, GivenBack, NoAnswer, Provider, Reply, State},
};

/// The tokens there are, and what each comes to.
pub const TOKENS: [&str; 4] = ["tok_good", "tok_bad", "tok_later_good", "tok_later_bad"];

/// The provider; clones are the same one.
#[derive(Debug, Clone, Default)]
pub struct Company(Arc<Mutex<Desk>>);

/// The provider, as a node reaches it; after a crash nobody speaks through it.
#[derive(Debug)]
pub struct Line {
    company: Company,
    is_up: Arc<AtomicBool>,
}

#[derive(Debug, Default)]
struct Desk {
    book: BTreeMap<String, Entry>,
    letters: Vec<Letter>,
    /// Answers that are on their way.
    late: Vec<(oneshot::Sender<Answer>, Answer)>,
    /// Those who wait for nothing.
    silent: Vec<oneshot::Sender<Answer>>,
}

/// A charge in the book, in minor units.
#[derive(Debug, Clone)]
pub struct Entry {
    pub amount: i64,
    pub state: State,
    /// What a pending one will turn into.
    then: Option<State>,
    pub given_back: BTreeMap<RefundId, i64>,
}

#[derive(Debug)]
struct Letter {
    key: String,
    ask: Ask,
    reply: oneshot::Sender<Answer>,
}

#[derive(Debug, Clone)]
enum Ask {
    Authorize { token: String, amount: i64 },
    Capture,
    Refund { refund: RefundId, amount: i64 },
    LookUp,
}

#[derive(Debug, Clone)]
enum Answer {
    State(Option<State>),
    GivenBack(GivenBack),
}

/// What becomes of a letter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Manner {
    /// Done and answered.
    Prompt,
    /// Delivered two times, and answered once.
    Twice,
    /// Done, and answered some other time.
    Late,
    /// Done, and never answered.
    Silent,
    /// It is lost on its way.
    Lost,
    /// The connection is refused: whoever asks learns at once that there is no answer.
    Refused,
}

impl Manner {
    pub const ALL: [Manner; 6] = [
        Manner::Prompt,
        Manner::Twice,
        Manner::Late,
        Manner::Silent,
        Manner::Lost,
        Manner::Refused,
    ];
}

impl Company {
    pub fn line(&self) -> (Line, Arc<AtomicBool>) {
        let is_up = Arc::new(AtomicBool::new(true));
        (Line { company: self.clone(), is_up: Arc::clone(&is_up) }, is_up)
    }

    /// How many letters, late answers and undecided charges there are.
    pub fn waiting(&self) -> (usize, usize, usize) {
        let desk = self.desk();
        let undecided = desk.book.values().filter(|it| it.then.is_some()).count();
        (desk.letters.len(), desk.late.len(), undecided)
    }

    /// Takes a letter in hand; says what it asked for.
    pub fn open(&self, at: usize, manner: Manner) -> &'static str {
        let mut desk = self.desk();
        let Letter { key, ask, reply } = desk.letters.remove(at);
        match manner {
            Manner::Prompt => drop(reply.send(desk.carry_out(&key, &ask))),
            Manner::Twice => {
                desk.carry_out(&key, &ask);
                drop(reply.send(desk.carry_out(&key, &ask)));
            }
            Manner::Late => {
                let answer = desk.carry_out(&key, &ask);
                desk.late.push((reply, answer));
            }
            Manner::Silent => {
                desk.carry_out(&key, &ask);
                desk.silent.push(reply);
            }
            Manner::Lost => desk.silent.push(reply),
            Manner::Refused => drop(reply),
        }
        ask.name()
    }

    /// Delivers an answer that was late.
    pub fn deliver(&self, at: usize) {
        let (reply, answer) = self.desk().late.remove(at);
        reply.send(answer).ok(); // Nobody may wait for it any more.
    }

    /// Decides the first charge that is undecided.
    pub fn decide(&self) {
        let mut desk = self.desk();
        let entry = desk.book.values_mut().find(|it| it.then.is_some());
        if let Some(entry) = entry
            && let Some(state) = entry.then.take()
        {
            entry.state = state;
        }
    }

    /// All charges by their keys.
    pub fn book(&self) -> BTreeMap<String, Entry> {
        self.desk().book.clone()
    }

    fn desk(&self) -> MutexGuard<'_, Desk> {
        self.0.lock().unwrap()
    }
}

impl Entry {
    fn new(token: &str, amount: i64) -> Self {
        let good = State::Authorized { reference: "of the simulation".to_owned() };
        let bad = State::Declined { code: "card_declined".to_owned() };
        let (state, then) = match token {
            "tok_good" => (good, None),
            "tok_bad" => (bad, None),
            "tok_later_good" => (State::Pending, Some(good)),
            _ => (State::Pending, Some(bad)),
        };
        Entry { amount, state, then, given_back: BTreeMap::new() }
    }

    /// What the shop has of it.
    pub fn kept(&self) -> i64 {
        self.captured() - self.given_back.values().sum::<i64>()
    }

    pub fn captured(&self) -> i64 {
        match self.state {
            State::Captured { .. } => self.amount,
            State::Pending | State::Authorized { .. } | State::Declined { .. } => 0,
        }
    }

    /// Whether it may yet turn into another state by itself or by the shop.
    pub fn is_open(&self) -> bool {
        match self.state {
            State::Pending | State::Authorized { .. } => true,
            State::Captured { .. } | State::Declined { .. } => false,
        }
    }
}

impl Desk {
    fn carry_out(&mut self, key: &str, ask: &Ask) -> Answer {
        match ask {
            Ask::Authorize { token, amount } => {
                let entry = self.book.entry(key.to_owned());
                let entry = entry.or_insert_with(|| Entry::new(token, *amount));
                Answer::State(Some(entry.state.clone()))
            }
            Ask::Capture => {
                let entry = self.book.get_mut(key);
                Answer::State(entry.map(|it| {
                    if let State::Authorized { reference } = &it.state {
                        it.state = State::Captured { reference: reference.clone() };
                    }
                    it.state.clone()
                }))
            }
            Ask::Refund { refund, amount } => {
                if let Some(entry) = self.book.get_mut(key) {
                    entry.given_back.insert(*refund, *amount);
                }
                Answer::GivenBack(GivenBack::Done)
            }
            Ask::LookUp => Answer::State(self.book.get(key).map(|it| it.state.clone())),
        }
    }
}

impl Ask {
    fn name(&self) -> &'static str {
        match self {
            Ask::Authorize { .. } => "authorize",
            Ask::Capture => "capture",
            Ask::Refund { .. } => "refund",
            Ask::LookUp => "look up",
        }
    }
}

impl Line {
    async fn ask(&self, key: &str, ask: Ask) -> Result<Answer, NoAnswer> {
        if !self.is_up.load(Ordering::Relaxed) {
            std::future::pending::<()>().await;
        }
        let (reply, answer) = oneshot::channel();
        self.company.desk().letters.push(Letter { key: key.to_owned(), ask, reply });
        answer.await.map_err(|_| NoAnswer)
    }

    async fn state(&self, key: &str, ask: Ask) -> Result<Option<State>, NoAnswer> {
        match self.ask(key, ask).await? {
            Answer::State(state) => Ok(state),
            Answer::GivenBack(_) => Err(NoAnswer),
        }
    }
}

impl Provider for Line {
    fn accepts(&self, token: &str) -> bool {
        TOKENS.contains(&token)
    }

    fn authorize<'a>(&'a self, charge: &'a Charge) -> Reply<'a, State> {
        let (token, amount) = (charge.token.clone(), charge.amount.amount);
        Box::pin(async move {
            let ask = Ask::Authorize { token, amount };
            self.state(&charge.key, ask).await?.ok_or(NoAnswer)
        })
    }

    fn capture<'a>(&'a self, key: &'a str) -> Reply<'a, State> {
        Box::pin(async move { self.state(key, Ask::Capture).await?.ok_or(NoAnswer) })
    }

    fn refund<'a>(&'a self, key: &'a str, refund: RefundId, amount: Money) -> Reply<'a, GivenBack> {
        Box::pin(async move {
            let ask = Ask::Refund { refund, amount: amount.amount };
            match self.ask(key, ask).await? {
                Answer::GivenBack(done) => Ok(done),
                Answer::State(_) => Err(NoAnswer),
            }
        })
    }

    fn look_up<'a>(&'a self, key: &'a str) -> Reply<'a, Option<State>> {
        Box::pin(async move { self.state(key, Ask::LookUp).await })
    }
}
