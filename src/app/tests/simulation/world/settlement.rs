//! How a schedule ends.

use chrono::TimeDelta;
use tokio::time::{Duration, sleep};

use super::{
    super::{
        auditor::{self, Complaint},
        provider::Manner,
    },
    World,
};
use crate::{gateway::payment::ANSWER_MAX, store::sqlite::tests::simulated::Fate};

impl World<'_> {
    /// Lets all be done that has begun, and moves the clock past all that can be due.
    pub async fn settle(&mut self) -> Result<(), Complaint> {
        self.say("all is settled");
        for node in &mut self.nodes {
            node.ahead = TimeDelta::zero();
        }
        for _ in 0..24 {
            self.finish().await?;
            if auditor::is_settled(self.base) {
                return Ok(());
            }
            self.epoch += TimeDelta::minutes(30);
            let at = self.below(self.nodes.len());
            self.sweep(at);
            // Whoever still waits for the provider gives up.
            sleep(2 * ANSWER_MAX).await;
        }
        self.finish().await?;
        // What is broken may be why: it is told first.
        auditor::always(self.base)?;
        Err(auditor::unsettled(self.base))
    }

    /// Everything that waits is done, until nothing does.
    async fn finish(&mut self) -> Result<(), Complaint> {
        for _ in 0..1_000 {
            let mut idle = true;
            for at in 0..self.nodes.len() {
                self.on(at);
                let (writes, reads) = self.nodes[at].waiting.look();
                idle &= (writes, reads) == (0, 0);
                (0..reads).for_each(|_| self.nodes[at].waiting.read(0));
                if writes > 0 {
                    let waiting = &mut self.nodes[at].waiting;
                    self.base.commit(waiting, writes, Fate::Done, self.is_shared);
                }
            }
            let (letters, late, undecided) = self.company.waiting();
            idle &= (letters, late, undecided) == (0, 0, 0);
            for _ in 0..letters {
                self.company.open(0, Manner::Prompt);
            }
            (0..late).for_each(|_| self.company.deliver(0));
            (0..undecided).for_each(|_| self.company.decide());
            self.rest().await;
            if idle && self.nodes.iter_mut().all(|it| it.waiting.look() == (0, 0)) {
                if self.notebook.waiting().is_empty() {
                    return Ok(());
                }
                // Somebody waits for an answer that never comes, up to a deadline.
                sleep(Duration::from_secs(1)).await;
            }
        }
        Err(Complaint::new("I15", "somebody is never answered"))
    }

    /// Whatever was sent under a key is sent once more.
    pub async fn repeat_all(&mut self) -> Result<(), Complaint> {
        self.say("all is repeated");
        for who in 0..self.shoppers {
            let mut done: Vec<String> = Vec::new();
            for request in self.notebook.keyed(who) {
                let name = request.key().unwrap().name.clone();
                if !done.contains(&name) {
                    done.push(name);
                    self.send(who, request);
                }
            }
        }
        self.settle().await
    }
}
