//! Those who bring messages to somebody's devices: one for each kind of device.

use crate::domain::dispatch::{Carried, Message};

/// Brings messages to addresses of one kind.
pub trait Carrier<Address> {
    /// Hands a message over, once, and says what came of it: never who it was for.
    fn carry(&self, to: &Address, message: &Message) -> impl Future<Output = Carried>;
}
