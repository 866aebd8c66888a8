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
    domain::{
        id::{PaymentId, RefundId},
        money::Money,
        payment::ProviderName,
    },
    gateway::payment::{
        Charge, GivenBack, Hint, Message, NoAnswer, Provider, Reply, State, Unsigned,
    },
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
    Authorize {
        token: String,
        amount: i64,
    },
    Capture,
    Void,
    Refund {
        refund: RefundId,
        amount: i64,
    },
    /// Makes the charge where it has never come.
    LookUp {
        token: String,
        amount: i64,
    },
}

#[derive(Debug, Clone)]
enum Answer {
    State(State),
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
    /// A refund is yet to be decided; all else is done and answered.
    Undecided,
}

impl Manner {
    pub const ALL: [Manner; 7] = [
        Manner::Prompt,
        Manner::Twice,
        Manner::Late,
        Manner::Silent,
        Manner::Lost,
        Manner::Refused,
        Manner::Undecided,
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
            Manner::Undecided => drop(reply.send(match ask {
                Ask::Refund { .. } => Answer::GivenBack(GivenBack::Pending),
                _ => desk.carry_out(&key, &ask),
            })),
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

    /// What it may tell of a charge, of which it may have told before.
    pub fn hint(&self, at: usize, whole: bool) -> Hint {
        let desk = self.desk();
        let key = desk.book.keys().nth(at).unwrap();
        let (payment, _) = key.split_once(':').unwrap();
        let payment = PaymentId::from(payment.parse::<uuid::Uuid>().unwrap());
        let charge = whole.then(|| (key.clone(), reference(key)));
        Hint { payment, charge }
    }

    /// How many charges there are.
    pub fn charges(&self) -> usize {
        self.desk().book.len()
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
    fn new(key: &str, token: &str, amount: i64) -> Self {
        let good = State::Authorized { reference: reference(key) };
        let bad = State::Declined { code: "card_declined".to_owned() };
        let (state, then) = match token {
            "tok_good" => (good, None),
            "tok_bad" => (bad, None),
            "tok_later_good" => (State::Pending { reference: None }, Some(good)),
            _ => (State::Pending { reference: None }, Some(bad)),
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
            State::Pending { .. }
            | State::Authorized { .. }
            | State::Voided { .. }
            | State::Declined { .. } => 0,
        }
    }

    /// Whether it may yet turn into another state by itself or by the shop.
    pub fn is_open(&self) -> bool {
        match self.state {
            State::Pending { .. } | State::Authorized { .. } => true,
            State::Captured { .. } | State::Voided { .. } | State::Declined { .. } => false,
        }
    }
}

impl Desk {
    fn carry_out(&mut self, key: &str, ask: &Ask) -> Answer {
        let entry = match ask {
            Ask::Authorize { token, amount } | Ask::LookUp { token, amount } => {
                let entry = self.book.entry(key.to_owned());
                entry.or_insert_with(|| Entry::new(key, token, *amount))
            }
            // Only what was authorized before is captured, let go or given back.
            Ask::Capture | Ask::Void | Ask::Refund { .. } => self.book.get_mut(key).unwrap(),
        };
        match (ask, entry.state.clone()) {
            (Ask::Refund { refund, amount }, _) => {
                let is_done = entry.given_back.contains_key(refund);
                if !is_done && entry.kept() < *amount {
                    let code = "more_than_there_is".to_owned();
                    return Answer::GivenBack(GivenBack::Refused { code });
                }
                entry.given_back.insert(*refund, *amount);
                return Answer::GivenBack(GivenBack::Done);
            }
            (Ask::Capture, State::Authorized { reference }) => {
                entry.state = State::Captured { reference };
            }
            (Ask::Void, State::Authorized { reference }) => {
                entry.state = State::Voided { reference };
            }
            _ => {}
        }
        Answer::State(entry.state.clone())
    }
}

/// The provider's own name for a charge.
fn reference(key: &str) -> String {
    format!("reference of {key}")
}

impl Ask {
    fn name(&self) -> &'static str {
        match self {
            Ask::Authorize { .. } => "authorize",
            Ask::Capture => "capture",
            Ask::Void => "void",
            Ask::Refund { .. } => "refund",
            Ask::LookUp { .. } => "look up",
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

    fn state<'a>(&'a self, charge: &'a Charge, ask: Ask) -> Reply<'a, State> {
        Box::pin(async move {
            match self.ask(&charge.key, ask).await? {
                Answer::State(state) => Ok(state),
                Answer::GivenBack(_) => Err(NoAnswer),
            }
        })
    }
}

impl Provider for Line {
    fn name(&self) -> ProviderName {
        ProviderName::Emulator
    }

    fn accepts(&self, token: &str) -> bool {
        TOKENS.contains(&token)
    }

    fn authorize<'a>(&'a self, charge: &'a Charge) -> Reply<'a, State> {
        let (token, amount) = (charge.token.clone(), charge.amount.amount);
        self.state(charge, Ask::Authorize { token, amount })
    }

    fn capture<'a>(&'a self, charge: &'a Charge, _: Money) -> Reply<'a, State> {
        self.state(charge, Ask::Capture)
    }

    fn void<'a>(&'a self, charge: &'a Charge) -> Reply<'a, State> {
        self.state(charge, Ask::Void)
    }

    fn refund<'a>(
        &'a self,
        charge: &'a Charge,
        refund: RefundId,
        amount: Money,
    ) -> Reply<'a, GivenBack> {
        Box::pin(async move {
            let ask = Ask::Refund { refund, amount: amount.amount };
            match self.ask(&charge.key, ask).await? {
                Answer::GivenBack(done) => Ok(done),
                Answer::State(_) => Err(NoAnswer),
            }
        })
    }

    fn look_up<'a>(&'a self, charge: &'a Charge) -> Reply<'a, State> {
        let (token, amount) = (charge.token.clone(), charge.amount.amount);
        self.state(charge, Ask::LookUp { token, amount })
    }

    fn signature_header(&self) -> &'static str {
        "X-Signature"
    }

    /// Its messages are handed to the actors as what they say.
    fn hear(&self, _: Message<'_>) -> Result<Option<Hint>, Unsigned> {
        Err(Unsigned)
    }
}
