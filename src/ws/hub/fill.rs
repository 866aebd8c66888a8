//! Reads from the store what subscriptions missed, page by page, no faster than clients take it.

use std::{collections::HashMap, sync::Arc};

use actix::prelude::*;
use actix_web::web::Data;
use tokio::sync::Semaphore;

use super::{Hub, Place, subscription::Next};
use crate::{
    bus::{Channel, Delivery},
    domain::Error,
    ws::{Sockets, connection::line::Line, protocol::close::Close, topic},
};

/// How many events are read at once.
const PAGE_MAX: i64 = 100;
/// How many pages a hub reads at once: when all clients come back, the store has others to serve.
const READS_MAX: usize = 8;
/// How many pages are on their way to a hub at once: what is left for all queues is looked at before.
const HANDS_MAX: usize = 8;

/// The reading of one hub.
pub struct Fills {
    sockets: Data<Sockets>,
    hub: Option<Addr<Hub>>,
    reads: Arc<Semaphore>,
    hands: Arc<Semaphore>,
}

/// A subscription that is to be told what happened after a sequence.
pub struct Job {
    pub line: Arc<Line>,
    pub place: Place,
}

/// The subscriptions that stand at the same sequence of the same channel: what comes after it is read
/// once for all of them.
pub type Behind = HashMap<(Channel, i64), Vec<Job>>;

/// What reading takes.
#[derive(Clone)]
struct Reader {
    sockets: Data<Sockets>,
    hub: Addr<Hub>,
    reads: Arc<Semaphore>,
    /// Of those that hand over: what one has put into its queue, the next one sees.
    hands: Arc<Semaphore>,
}

impl Fills {
    pub fn new(sockets: &Data<Sockets>) -> Self {
        let [reads, hands] = [READS_MAX, HANDS_MAX].map(|most| Arc::new(Semaphore::new(most)));
        Fills { sockets: sockets.clone(), hub: None, reads, hands }
    }

    pub fn set_hub(&mut self, hub: Addr<Hub>) {
        self.hub = Some(hub);
    }

    /// Reads until the subscriptions are live, or their connections are over.
    pub fn begin(&self, behind: Behind) {
        let Some(hub) = &self.hub else { return };
        for ((channel, after), jobs) in behind {
            let (reads, hands) = (Arc::clone(&self.reads), Arc::clone(&self.hands));
            let reader = Reader { sockets: self.sockets.clone(), hub: hub.clone(), reads, hands };
            actix_rt::spawn(reader.begin(channel, after, jobs));
        }
    }
}

impl Reader {
    async fn begin(self, channel: Channel, after: i64, jobs: Vec<Job>) {
        // Nobody reads for a client that doesn't. Of several, one is no reason to let the others wait;
        // and where it cannot be read for all, each tries by itself.
        let first = if jobs.len() > 1 { self.page(channel, after).await.ok() } else { None };
        for job in jobs {
            actix_rt::spawn(self.clone().fill(job, after, first.clone()));
        }
    }

    async fn fill(self, job: Job, after: i64, first: Option<Arc<[Delivery]>>) {
        if let Err(error) = self.go_on(&job, after, first).await {
            tracing::warn!(?error, "what a socket missed could not be read");
            // The client resumes, and finds out by itself whether it can be read then.
            job.line.close(Close::Slow);
        }
    }

    /// Hands over page after page, no faster than the client takes it.
    async fn go_on(
        &self,
        job: &Job,
        mut after: i64,
        mut first: Option<Arc<[Delivery]>>,
    ) -> Result<(), Error> {
        loop {
            let page = match first.take() {
                Some(page) => page,
                None => {
                    let Some(turn) = job.line.room().await else { return Ok(()) };
                    drop(turn);
                    self.page(job.place.channel, after).await?
                }
            };
            match self.hand_over(job, &page).await {
                Some(Next::Read(position)) => after = position,
                Some(Next::Live | Next::Lost) | None => return Ok(()),
            }
        }
    }

    async fn page(&self, channel: Channel, after: i64) -> Result<Arc<[Delivery]>, Error> {
        let _permit = self.reads.acquire().await.map_err(|_| Error::Busy)?;
        let Sockets { store, bus, metrics, .. } = &**self.sockets;
        metrics.reads.inc();
        topic::missed(store, bus.epoch(), channel, after, PAGE_MAX).await.map(Into::into)
    }

    /// Gives a page to the hub, as much of it at once as there is room for at the connection. The
    /// answer is what comes next, or none if the subscription is no more.
    async fn hand_over(&self, job: &Job, page: &[Delivery]) -> Option<Next> {
        let is_last = i64::try_from(page.len()).is_ok_and(|length| length < PAGE_MAX);
        let (place, mut rest) = (job.place, page.iter().peekable());
        loop {
            // While the turn is held, nothing else that was missed is on its way to this connection.
            let _turn = job.line.room().await?;
            let _hand = self.hands.acquire().await.ok()?; // It is never closed.
            let (mut page, mut bytes) = (Vec::new(), 0_usize);
            while let Some(delivery) = rest.next_if(|_| bytes < job.line.room_bytes()) {
                bytes = bytes.saturating_add(delivery.frame.len());
                page.push(delivery.clone());
            }
            let is_done = rest.peek().is_none();
            let fill = Fill { place, page, is_all: is_last && is_done };
            match self.hub.send(fill).await.ok()? {
                Some(Next::Read(_)) if !is_done => {}
                next => return next,
            }
        }
    }
}

/// A page of what a subscription missed. The answer is what comes next for it, or none if it is no
/// more.
#[derive(Message)]
#[rtype(result = "Option<Next>")]
struct Fill {
    place: Place,
    page: Vec<Delivery>,
    is_all: bool,
}

impl Handler<Fill> for Hub {
    type Result = MessageResult<Fill>;

    fn handle(&mut self, msg: Fill, _: &mut Context<Self>) -> Self::Result {
        MessageResult(self.fill(msg.place, &msg.page, msg.is_all))
    }
}
