//! Reads from the store what subscriptions missed, page by page, no faster than clients take it.

use std::sync::Arc;

use actix::prelude::*;
use actix_web::web::Data;
use tokio::sync::Semaphore;

use super::{Hub, Place, subscription::Next};
use crate::{
    bus::Delivery,
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
    pub after: i64,
}

impl Fills {
    pub fn new(sockets: &Data<Sockets>) -> Self {
        let reads = Arc::new(Semaphore::new(READS_MAX));
        Fills { sockets: sockets.clone(), hub: None, reads }
    }

    pub fn set_hub(&mut self, hub: Addr<Hub>) {
        self.hub = Some(hub);
    }

    /// Reads until the subscription is live, or its connection is over.
    pub fn begin(&self, job: Job) {
        let Some(hub) = self.hub.clone() else { return };
        let (sockets, reads) = (self.sockets.clone(), Arc::clone(&self.reads));
        actix_rt::spawn(async move {
            if let Err(err) = fill(&sockets, &hub, &reads, &job).await {
                tracing::warn!(error = ?err, "what a socket missed could not be read");
                // It resumes, and finds out by itself whether it can be read then.
                job.line.close(Close::Slow);
            }
        });
    }
}

async fn fill(
    sockets: &Sockets,
    hub: &Addr<Hub>,
    reads: &Semaphore,
    job: &Job,
) -> Result<(), Error> {
    let (channel, epoch) = (job.place.channel, sockets.bus.epoch());
    let mut after = job.after;
    loop {
        // Nobody reads for a client that doesn't.
        let Some(turn) = job.line.room().await else { return Ok(()) };
        drop(turn);
        let permit = reads.acquire().await.map_err(|_| Error::Busy)?;
        let page = topic::missed(&sockets.store, epoch, channel, after, PAGE_MAX).await?;
        drop(permit);
        match hand_over(hub, job, page).await {
            Some(Next::Read(position)) => after = position,
            Some(Next::Live | Next::Lost) | None => return Ok(()),
        }
    }
}

/// Gives a page to the hub, as much of it at once as there is room for at the connection. The
/// answer is what comes next, or none if the subscription is no more.
async fn hand_over(hub: &Addr<Hub>, job: &Job, page: Vec<Delivery>) -> Option<Next> {
    let is_last = i64::try_from(page.len()).is_ok_and(|length| length < PAGE_MAX);
    let (place, mut rest) = (job.place, page.into_iter().peekable());
    loop {
        // While the turn is held, nothing else that was missed is on its way to this connection.
        let _turn = job.line.room().await?;
        let (mut page, mut bytes) = (Vec::new(), 0_usize);
        while let Some(delivery) = rest.next_if(|_| bytes < job.line.room_bytes()) {
            bytes = bytes.saturating_add(delivery.frame.len());
            page.push(delivery);
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
