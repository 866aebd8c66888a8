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

/// The reading of one hub.
pub struct Fills {
    sockets: Data<Sockets>,
    hub: Option<Addr<Hub>>,
    reads: Arc<Semaphore>,
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
}

impl Fills {
    pub fn new(sockets: &Data<Sockets>) -> Self {
        let reads = Arc::new(Semaphore::new(READS_MAX));
        Fills { sockets: sockets.clone(), hub: None, reads }
    }

    pub fn set_hub(&mut self, hub: Addr<Hub>) {
        self.hub = Some(hub);
    }

    /// Reads until the subscriptions are live, or their connections are over.
    pub fn begin(&self, behind: Behind) {
        let Some(hub) = &self.hub else { return };
        for ((channel, after), jobs) in behind {
            let (sockets, reads) = (self.sockets.clone(), Arc::clone(&self.reads));
            let reader = Reader { sockets, hub: hub.clone(), reads };
            actix_rt::spawn(reader.begin(channel, after, jobs));
        }
    }
}

impl Reader {
    async fn begin(self, channel: Channel, after: i64, jobs: Vec<Job>) {
        // Nobody reads for a client that doesn't. Of several, one is no reason to let the others wait.
        if let [job] = &*jobs
            && job.line.room().await.is_none()
        {
            return;
        }
        match self.page(channel, after).await {
            Ok(page) => {
                for job in jobs {
                    actix_rt::spawn(self.clone().fill(job, Arc::clone(&page)));
                }
            }
            Err(error) => jobs.iter().for_each(|job| give_up(job, &error)),
        }
    }

    async fn fill(self, job: Job, first: Arc<[Delivery]>) {
        if let Err(error) = self.go_on(&job, first).await {
            give_up(&job, &error);
        }
    }

    /// Hands over page after page, no faster than the client takes it.
    async fn go_on(&self, job: &Job, mut page: Arc<[Delivery]>) -> Result<(), Error> {
        while let Some(Next::Read(after)) = hand_over(&self.hub, job, &page).await {
            let Some(turn) = job.line.room().await else { return Ok(()) };
            drop(turn);
            page = self.page(job.place.channel, after).await?;
        }
        Ok(())
    }

    async fn page(&self, channel: Channel, after: i64) -> Result<Arc<[Delivery]>, Error> {
        let _permit = self.reads.acquire().await.map_err(|_| Error::Busy)?;
        let Sockets { store, bus, metrics, .. } = &**self.sockets;
        metrics.reads.inc();
        topic::missed(store, bus.epoch(), channel, after, PAGE_MAX).await.map(Into::into)
    }
}

fn give_up(job: &Job, error: &Error) {
    tracing::warn!(?error, "what a socket missed could not be read");
    // It resumes, and finds out by itself whether it can be read then.
    job.line.close(Close::Slow);
}

/// Gives a page to the hub, as much of it at once as there is room for at the connection. The
/// answer is what comes next, or none if the subscription is no more.
async fn hand_over(hub: &Addr<Hub>, job: &Job, page: &[Delivery]) -> Option<Next> {
    let is_last = i64::try_from(page.len()).is_ok_and(|length| length < PAGE_MAX);
    let (place, mut rest) = (job.place, page.iter().peekable());
    loop {
        // While the turn is held, nothing else that was missed is on its way to this connection.
        let _turn = job.line.room().await?;
        let (mut page, mut bytes) = (Vec::new(), 0_usize);
        while let Some(delivery) = rest.next_if(|_| bytes < job.line.room_bytes()) {
            bytes = bytes.saturating_add(delivery.frame.len());
            page.push(delivery.clone());
        }
        let is_done = rest.peek().is_none();
        let fill = Fill { place, page, is_all: is_last && is_done };
        match hub.send(fill).await.ok()? {
            Some(Next::Read(_)) if !is_done => {}
            next => return next,
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
