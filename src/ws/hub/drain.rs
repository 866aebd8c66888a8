//! The process stops: every client is told, not all at once, and when to come back.

use std::time::Duration;

use actix::prelude::*;

use super::Hub;
use crate::domain::id::ConnectionId;

/// How often some of the clients are told.
const STEP: Duration = Duration::from_millis(25);

/// No connection opens any more, and all that are open are closed, spread over this time.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Drain(pub Duration);

impl Handler<Drain> for Hub {
    type Result = ();

    fn handle(&mut self, Drain(over): Drain, ctx: &mut Context<Self>) {
        self.is_draining = true;
        let mut open: Vec<ConnectionId> = self.connections.keys().copied().collect();
        let steps = usize::try_from(over.as_millis().checked_div(STEP.as_millis()).unwrap_or(0));
        let at_once = open.len().div_ceil(steps.unwrap_or(1).max(1));
        ctx.run_interval(STEP, move |hub, _| {
            let rest = open.split_off(open.len().min(at_once));
            for id in std::mem::replace(&mut open, rest) {
                hub.send_away(id);
            }
            hub.look();
        });
    }
}

/// The connections that are still there are cut.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Cut;

impl Handler<Cut> for Hub {
    type Result = ();

    fn handle(&mut self, _: Cut, _: &mut Context<Self>) {
        for connected in self.connections.values() {
            connected.line.cut();
            self.sockets.metrics.cut.inc();
        }
    }
}

/// How many connections there are.
#[derive(Message)]
#[rtype(result = "usize")]
pub struct Count;

impl Handler<Count> for Hub {
    type Result = usize;

    fn handle(&mut self, _: Count, _: &mut Context<Self>) -> usize {
        self.connections.len()
    }
}

impl Hub {
    fn send_away(&self, id: ConnectionId) {
        if let Some(connected) = self.connections.get(&id) {
            connected.line.close(self.sockets.shutting_down());
        }
    }
}
