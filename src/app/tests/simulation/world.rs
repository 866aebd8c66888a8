//! The world of one schedule: nodes, a provider, shoppers and a clock. At each step the dice choose
//! what happens next of all that could; between two steps everything runs until it waits again.

use chrono::{DateTime, TimeDelta, Utc};
use tokio::time::{Duration, Instant, sleep};

mod choices;
mod settlement;

use super::{
    auditor::{self, Complaint},
    node::Node,
    provider::{Company, Manner},
    shop::{Shop, VARIANTS},
    shopper::Notebook,
};
use crate::{
    actors::{payment, sweeper::sweep},
    demo::dice::Dice,
    store::sqlite::tests::simulated::{Base, Fate, Waiting, set_clock},
};

/// How many steps an act has at least, and how many more at most.
const STEPS: (i64, u32) = (30, 70);
const STEPS_AFTER: (i64, u32) = (20, 30);
/// So many steps lie between two looks of the auditor.
const AUDIT_EVERY: usize = 8;

pub struct World<'w> {
    base: &'w mut Base,
    shop: &'w Shop,
    dice: Dice,
    trace: &'w mut Vec<String>,
    nodes: Vec<Node>,
    graves: Vec<Waiting>,
    started: usize,
    is_shared: bool,
    company: Company,
    notebook: Notebook,
    heard: Vec<bool>,
    shoppers: usize,
    keys: usize,
    /// The wall clock when the runtime's began.
    epoch: DateTime<Utc>,
    began: Instant,
}

/// Something that can happen.
#[derive(Debug, Clone, Copy)]
enum Step {
    Ask,
    Repeat,
    Read(usize),
    Commit(usize),
    Open,
    Deliver,
    Decide,
    Hint(usize),
    Wait,
    Sweep(usize),
    Crash(usize),
    Skew(usize),
    Passivate(usize),
    GiveUp,
}

impl<'w> World<'w> {
    pub fn new(
        base: &'w mut Base,
        shop: &'w Shop,
        seed: u64,
        trace: &'w mut Vec<String>,
    ) -> World<'w> {
        let mut dice = Dice::new(seed);
        let variants = 1 + index(dice.below(3));
        let units: Vec<i64> =
            (0..VARIANTS).map(|at| if at < variants { 1 + dice.below(5) } else { 0 }).collect();
        shop.clear(base, &units, 1 + dice.below(2));
        let (shoppers, nodes) = (2 + index(dice.below(3)), 1 + index(dice.below(2)));
        let epoch = DateTime::from_timestamp(1_800_000_000, 0).unwrap();
        trace.push(format!("{units:?} units, {shoppers} shoppers, {nodes} nodes"));
        let mut world = World {
            base,
            shop,
            dice,
            trace,
            nodes: Vec::new(),
            graves: Vec::new(),
            started: 0,
            is_shared: nodes > 1,
            company: Company::default(),
            notebook: Notebook::default(),
            heard: Vec::new(),
            shoppers,
            keys: 0,
            epoch,
            began: Instant::now(),
        };
        world.set_clock(TimeDelta::zero());
        for _ in 0..nodes {
            world.start();
        }
        world
    }

    /// Runs the schedule, and has it audited. What was delivered in the first act may come back in
    /// the second.
    pub async fn run(&mut self) -> Result<(), Complaint> {
        self.act(STEPS).await?;
        self.settle().await?;
        if self.chance(40) {
            self.act(STEPS_AFTER).await?;
            self.settle().await?;
        }
        self.repeat_all().await?;
        auditor::always(self.base)?;
        let entries = self.notebook.entries();
        auditor::settled(self.base, self.shop, &self.company.book(), &entries)
    }

    async fn act(&mut self, (least, more): (i64, u32)) -> Result<(), Complaint> {
        for at in 0..index(least + self.dice.below(more)) {
            let step = self.choose();
            self.perform(step).await;
            self.rest().await;
            if at % AUDIT_EVERY == 0 {
                auditor::always(self.base)?;
            }
        }
        Ok(())
    }

    /// Everything runs until it waits: the paused clock moves on only then.
    async fn rest(&mut self) {
        sleep(Duration::from_millis(1)).await;
        for (at, heard) in self.notebook.news(&mut self.heard) {
            self.trace.push(format!("    #{at} hears: {heard}"));
        }
    }

    fn set_clock(&self, ahead: TimeDelta) {
        let passed = TimeDelta::from_std(self.began.elapsed()).unwrap();
        set_clock(self.epoch + passed + ahead);
    }

    fn start(&mut self) {
        let number = self.started;
        self.started += 1;
        let node = Node::start(number, self.base, self.shop, &self.company, self.is_shared);
        self.nodes.push(node);
    }

    fn say(&mut self, what: impl Into<String>) {
        self.trace.push(what.into());
    }

    fn chance(&mut self, percent: i64) -> bool {
        self.dice.below(100) < percent
    }

    /// One of `count`.
    fn below(&mut self, count: usize) -> usize {
        index(self.dice.below(u32::try_from(count).unwrap()))
    }

    /// What is next, of all that can happen, by weight.
    fn choose(&mut self) -> Step {
        let (letters, late, undecided) = self.company.waiting();
        let waits = !self.notebook.waiting().is_empty();
        let mut all = vec![(14, Step::Ask), (3, Step::Repeat), (3, Step::Wait)];
        let when = |is: bool, weight: i64| if is { weight } else { 0 };
        all.push((when(letters > 0, 14), Step::Open));
        all.push((when(late > 0, 4), Step::Deliver));
        all.push((when(undecided > 0, 4), Step::Decide));
        all.push((when(waits, 1), Step::GiveUp));
        let is_known = self.company.charges() > 0;
        for (at, node) in self.nodes.iter_mut().enumerate() {
            let (writes, reads) = node.waiting.look();
            all.push((when(reads > 0, 20), Step::Read(at)));
            all.push((when(writes > 0, 20), Step::Commit(at)));
            all.push((when(is_known, 2), Step::Hint(at)));
            all.push((2, Step::Sweep(at)));
            all.push((1, Step::Crash(at)));
            all.push((1, Step::Skew(at)));
            all.push((1, Step::Passivate(at)));
        }
        let sum: i64 = all.iter().map(|(weight, _)| weight).sum();
        let mut rolled = self.dice.below(u32::try_from(sum).unwrap());
        let chosen = all.into_iter().find(|(weight, _)| {
            rolled -= weight;
            rolled < 0
        });
        chosen.unwrap().1
    }

    async fn perform(&mut self, step: Step) {
        match step {
            Step::Ask => self.ask(),
            Step::Repeat => self.repeat(),
            Step::Read(at) => self.read(at),
            Step::Commit(at) => self.commit(at),
            Step::Open => self.open(),
            Step::Deliver => {
                let at = self.below(self.company.waiting().1);
                self.say(format!("the provider's late answer {at} comes"));
                self.company.deliver(at);
            }
            Step::Decide => {
                self.say("the provider decides");
                self.company.decide();
            }
            Step::Hint(at) => self.hint(at),
            Step::Wait => self.wait().await,
            Step::Sweep(at) => self.sweep(at),
            Step::Crash(at) => self.crash(at),
            Step::Skew(at) => {
                let hours = [-1, 0, 1][self.below(3)];
                self.nodes[at].ahead = TimeDelta::hours(hours);
                self.say(format!("the clock of node {} is {hours} h ahead", self.nodes[at].number));
            }
            Step::Passivate(at) => self.passivate(at),
            Step::GiveUp => {
                let waiting = self.notebook.waiting();
                let gone = waiting[self.below(waiting.len())];
                self.say(format!("nobody waits for #{gone} any more"));
                self.notebook.lose(|at, _| at == gone);
            }
        }
    }

    /// All that is decided from now on is decided by the clock of this node.
    fn on(&mut self, at: usize) -> usize {
        self.set_clock(self.nodes[at].ahead);
        self.nodes[at].number
    }

    fn read(&mut self, at: usize) {
        let (_, reads) = self.nodes[at].waiting.look();
        let (node, which) = (self.on(at), self.below(reads));
        self.say(format!("node {node} reads {which}"));
        self.nodes[at].waiting.read(which);
    }

    fn commit(&mut self, at: usize) {
        let (writes, _) = self.nodes[at].waiting.look();
        let (node, count) = (self.on(at), 1 + self.below(writes));
        let fate = match self.dice.below(100) {
            0..4 => Fate::Broken,
            4..10 => Fate::Unheard,
            10..14 => Fate::Delayed,
            _ => Fate::Done,
        };
        let kinds = self.nodes[at].waiting.kinds(count).join(", ");
        self.say(format!("node {node} commits {kinds}: {fate:?}"));
        self.base.commit(&mut self.nodes[at].waiting, count, fate, self.is_shared);
    }

    fn open(&mut self) {
        let at = self.below(self.company.waiting().0);
        let manner = if self.chance(55) {
            Manner::Prompt
        } else {
            Manner::ALL[self.below(Manner::ALL.len())]
        };
        let asked = self.company.open(at, manner);
        self.say(format!("the provider is asked to {asked}: {manner:?}"));
    }

    /// The provider tells a node that something happened, which may be long known.
    fn hint(&mut self, at: usize) {
        let node = self.on(at);
        let (which, whole) = (self.below(self.company.charges()), self.chance(50));
        self.say(format!("the provider tells node {node} of charge {which}"));
        let hint = self.company.hint(which, whole);
        self.nodes[at].selling.payments.tell(hint.payment, payment::Heard(hint));
    }

    async fn wait(&mut self) {
        let millis = [20, 300, 1_100, 2_100, 5_100, 61_000][self.below(6)];
        self.say(format!("{millis} ms pass"));
        self.set_clock(TimeDelta::zero());
        sleep(Duration::from_millis(millis)).await;
    }

    fn sweep(&mut self, at: usize) {
        let node = self.on(at);
        self.say(format!("node {node} sweeps"));
        let (store, owners) = (self.nodes[at].store.clone(), self.nodes[at].owners.clone());
        drop(actix_rt::spawn(async move { sweep(&store, &owners).await }));
    }

    /// What waits is committed in part, and nobody hears of it.
    fn crash(&mut self, at: usize) {
        let (writes, _) = self.nodes[at].waiting.look();
        let (node, count) = (self.on(at), self.below(writes + 1));
        self.say(format!("node {node} crashes after {count} commits of {writes}"));
        self.base.commit(&mut self.nodes[at].waiting, count, Fate::Done, self.is_shared);
        self.graves.push(self.nodes.remove(at).crash());
        self.notebook.lose(|_, entry| entry.node == node);
        self.start();
    }

    fn passivate(&mut self, at: usize) {
        let node = self.on(at);
        self.say(format!("node {node} forgets what is idle"));
        let long_after = std::time::Instant::now() + Duration::from_secs(3_600);
        let selling = &self.nodes[at].selling;
        selling.carts.sweep(long_after);
        selling.orders.sweep(long_after);
        selling.payments.sweep(long_after);
        selling.deliveries.sweep(long_after);
    }
}

fn index(number: i64) -> usize {
    usize::try_from(number).unwrap()
}
