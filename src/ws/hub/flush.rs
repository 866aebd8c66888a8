//! Sends what was said to many: line after line, without waking the task that carries each of them.

use std::sync::Arc;

use tokio::{
    sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel},
    task::yield_now,
};

use crate::ws::connection::line::Line;

/// How many lines are flushed before the others on the thread have their turn: about a third of a
/// millisecond. What is said meanwhile goes out with what waits already.
const AT_ONCE: usize = 64;

/// The lines of a hub that are to be flushed, each of which is in it once.
pub struct Flush(UnboundedSender<Arc<Line>>);

impl Flush {
    /// Starts to flush on this thread, as long as there is the hub.
    pub fn start_here() -> Self {
        let (sender, due) = unbounded_channel();
        actix_rt::spawn(flush(due));
        Flush(sender)
    }

    /// Has `line` flushed, once all that has been said by now is in its queue.
    pub fn due(&self, line: &Arc<Line>) {
        // It ends when the thread does, and with it all connections.
        self.0.send(Arc::clone(line)).ok();
    }
}

async fn flush(mut due: UnboundedReceiver<Arc<Line>>) {
    let mut lines = Vec::with_capacity(AT_ONCE);
    while due.recv_many(&mut lines, AT_ONCE).await > 0 {
        lines.drain(..).for_each(|line| line.flush());
        yield_now().await;
    }
}
