//! Stripe, by its `PaymentIntents`: <https://docs.stripe.com/api/payment_intents>.
//!
//! A charge is an intent that is confirmed as it is created and captured by hand. What Stripe did not
//! answer is asked again: a creation under the same `Idempotency-Key`, which Stripe remembers for a
//! day; a capture or a cancellation without one, because the intent itself is done only once, and a
//! key would repeat a failure that was Stripe's.

use std::{cell::OnceCell, fmt, sync::Arc};

use awc::{Client, ClientRequest, Connector};
use rustls::ClientConfig;

#[cfg(test)]
mod tests;
mod wire;

use self::wire::{Fault, Intent, Listed, Refund, Told};
use super::{
    ANSWER_MAX, Charge, GivenBack, Hint, Message, NoAnswer, Provider, Reply, State, Unsigned,
    signature,
};
use crate::{
    domain::{id::RefundId, money::Money, payment::ProviderName},
    gateway::tls::Tls,
};

/// The version of the API that this was written for.
const VERSION: &str = "2024-06-20";
/// The largest answer that is read, in bytes.
const ANSWER_BYTES_MAX: usize = 1024 * 1024;

/// How to reach Stripe, and how both sides know each other.
#[derive(Clone)]
pub struct Account {
    /// Without a slash at the end; `https`, or this machine.
    pub url: String,
    pub key: String,
    /// What its messages are signed by; all are believed.
    pub webhook_secrets: Vec<String>,
}

pub struct Stripe {
    account: Account,
    tls: Arc<ClientConfig>,
}

/// The certificates of this machine could not be read.
#[derive(Debug, thiserror::Error)]
#[error("this machine has no certificates that say whom to trust")]
pub struct NoCertificates;

impl Stripe {
    pub fn new(account: Account) -> Result<Self, NoCertificates> {
        let tls = Tls::of_this_machine().map_err(|_| NoCertificates)?;
        if !tls.is_trusting && account.url.starts_with("https:") {
            return Err(NoCertificates);
        }
        Ok(Stripe { account, tls: tls.config })
    }

    /// The client of this thread; it keeps its connections.
    fn client(&self) -> Client {
        thread_local! {
            static CLIENT: OnceCell<Client> = const { OnceCell::new() };
        }
        CLIENT.with(|it| it.get_or_init(|| self.new_client()).clone())
    }

    fn new_client(&self) -> Client {
        let connector = Connector::new().rustls_0_23(Arc::clone(&self.tls));
        Client::builder().connector(connector).timeout(ANSWER_MAX).disable_redirects().finish()
    }

    fn request(&self, request: ClientRequest) -> ClientRequest {
        request.bearer_auth(&self.account.key).insert_header(("Stripe-Version", VERSION))
    }

    async fn get<T: serde::de::DeserializeOwned>(&self, path: &str) -> Result<T, Failed> {
        let request = self.request(self.client().get(format!("{}{path}", self.account.url)));
        let (answer, _) = read(request.send().await).await?;
        Ok(answer)
    }

    /// The answer, and whether it is that of an earlier request with the same key.
    async fn post<T: serde::de::DeserializeOwned>(
        &self,
        path: &str,
        key: Option<&str>,
        form: &[(&str, &str)],
    ) -> Result<(T, bool), Failed> {
        let url = format!("{}{path}", self.account.url);
        let mut request = self.request(self.client().post(url));
        if let Some(key) = key {
            request = request.insert_header(("Idempotency-Key", key));
        }
        read(request.send_form(&form).await).await
    }

    /// Creates the intent; where that was done before, it is that one as it stands now.
    async fn create(&self, charge: &Charge) -> Result<State, NoAnswer> {
        let (amount, currency) = in_stripes_words(charge.amount);
        let (payment, order) = (charge.payment.to_string(), charge.order.to_string());
        let form = [
            ("amount", amount.as_str()),
            ("currency", &currency),
            ("payment_method", &charge.token),
            ("payment_method_types[]", "card"),
            ("capture_method", "manual"),
            ("confirm", "true"),
            ("metadata[payment_id]", &payment),
            ("metadata[order_id]", &order),
            ("metadata[charge]", &charge.key),
        ];
        match self.post::<Intent>("/v1/payment_intents", Some(&charge.key), &form).await {
            Ok((intent, true)) => self.retrieve(&intent.id).await,
            Ok((intent, false)) => self.conclude(intent).await,
            Err(Failed::Refused(fault)) => Ok(State::Declined { code: fault.code() }),
            Err(Failed::Unknown) => Err(NoAnswer),
        }
    }

    async fn retrieve(&self, id: &str) -> Result<State, NoAnswer> {
        match self.get::<Intent>(&format!("/v1/payment_intents/{id}")).await {
            Ok(intent) => self.conclude(intent).await,
            Err(Failed::Refused(fault)) => {
                tracing::error!(code = fault.code(), "Stripe doesn't know a charge that it made");
                Err(NoAnswer)
            }
            Err(Failed::Unknown) => Err(NoAnswer),
        }
    }

    /// How an intent stands. One that waits for the buyer to do something is called off: this shop
    /// asks for nothing but the card, so it would wait for ever.
    async fn conclude(&self, intent: Intent) -> Result<State, NoAnswer> {
        if !intent.waits_for_the_buyer() {
            return intent.state().ok_or(NoAnswer);
        }
        let path = format!("/v1/payment_intents/{}/cancel", intent.id);
        match self.post::<Intent>(&path, None, &[]).await {
            Ok(_) => Ok(State::Declined { code: wire::AUTHENTICATION_REQUIRED.to_owned() }),
            // It has moved on: how it stands, the next look-up says.
            Err(Failed::Refused(_) | Failed::Unknown) => Err(NoAnswer),
        }
    }

    /// Asks something of the intent; where that can't be any more, how it stands is the answer.
    async fn turn(
        &self,
        charge: &Charge,
        what: &str,
        form: &[(&str, &str)],
    ) -> Result<State, NoAnswer> {
        let Some(id) = &charge.reference else { return Err(NoAnswer) };
        let path = format!("/v1/payment_intents/{id}/{what}");
        match self.post::<Intent>(&path, None, form).await {
            Ok((intent, _)) => intent.state().ok_or(NoAnswer),
            Err(Failed::Refused(_)) => self.retrieve(id).await,
            Err(Failed::Unknown) => Err(NoAnswer),
        }
    }

    /// The refund of this id, if Stripe has it: its keys are forgotten after a day, and a refund may
    /// have to be asked for longer.
    async fn find_refund(&self, intent: &str, id: &str) -> Result<Option<Refund>, Failed> {
        let path = format!("/v1/refunds?payment_intent={intent}&limit=100");
        let listed: Listed<Refund> = self.get(&path).await?;
        Ok(listed.data.into_iter().find(|it| it.is_ours(id)))
    }

    async fn give_back(
        &self,
        charge: &Charge,
        refund: RefundId,
        amount: Money,
    ) -> Result<GivenBack, NoAnswer> {
        let Some(intent) = &charge.reference else { return Err(NoAnswer) };
        let (id, payment) = (refund.to_string(), charge.payment.to_string());
        let (amount, _) = in_stripes_words(amount);
        let form = [
            ("payment_intent", intent.as_str()),
            ("amount", &amount),
            ("metadata[payment_id]", &payment),
            ("metadata[refund_id]", &id),
        ];
        let given = match self.find_refund(intent, &id).await {
            Ok(Some(refund)) => Ok(refund),
            Ok(None) => self.post("/v1/refunds", Some(&id), &form).await.map(|(refund, _)| refund),
            Err(failed) => Err(failed),
        };
        match given {
            Ok(refund) => Ok(refund.given_back()),
            Err(Failed::Refused(fault)) => Ok(GivenBack::Refused { code: fault.code() }),
            Err(Failed::Unknown) => Err(NoAnswer),
        }
    }
}

/// Hides the secrets.
impl fmt::Debug for Stripe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Stripe({})", self.account.url)
    }
}

/// Why a request was not carried out.
#[derive(Debug)]
enum Failed {
    /// Stripe has said so, and why.
    Refused(Fault),
    /// It may have been.
    Unknown,
}

type Sent<S> = Result<awc::ClientResponse<S>, awc::error::SendRequestError>;

/// Reads an answer, and whether it is a repeated one.
///
/// A key in use (409), too many requests (429), an account that may not ask (401, 403), a fault of
/// Stripe's and silence say nothing of what was asked.
async fn read<S, T>(sent: Sent<S>) -> Result<(T, bool), Failed>
where
    S: futures_util::Stream<Item = Result<bytes::Bytes, awc::error::PayloadError>>,
    T: serde::de::DeserializeOwned,
{
    let mut answer = sent.map_err(|_| Failed::Unknown)?;
    let is_repeated = answer.headers().contains_key("Idempotent-Replayed");
    let status = answer.status().as_u16();
    let body = answer.body().limit(ANSWER_BYTES_MAX).await.map_err(|_| Failed::Unknown)?;
    match status {
        200 => {
            let body = serde_json::from_slice(&body).map_err(|_| Failed::Unknown)?;
            Ok((body, is_repeated))
        }
        400 | 402 | 404 => Err(Failed::Refused(Fault::read(&body))),
        401 | 403 => {
            tracing::error!(status, "Stripe doesn't take our key");
            Err(Failed::Unknown)
        }
        _ => Err(Failed::Unknown),
    }
}

/// Stripe counts in the same minor units, and writes currencies small.
fn in_stripes_words(amount: Money) -> (String, String) {
    (amount.amount.to_string(), amount.currency.as_str().to_lowercase())
}

impl Provider for Stripe {
    fn name(&self) -> ProviderName {
        ProviderName::Stripe
    }

    fn accepts(&self, token: &str) -> bool {
        let name = token.strip_prefix("pm_").unwrap_or_default();
        !name.is_empty() && name.bytes().all(|it| it.is_ascii_alphanumeric() || it == b'_')
    }

    fn authorize<'a>(&'a self, charge: &'a Charge) -> Reply<'a, State> {
        Box::pin(self.create(charge))
    }

    fn capture<'a>(&'a self, charge: &'a Charge, amount: Money) -> Reply<'a, State> {
        Box::pin(async move {
            let (amount, _) = in_stripes_words(amount);
            self.turn(charge, "capture", &[("amount_to_capture", &amount)]).await
        })
    }

    fn void<'a>(&'a self, charge: &'a Charge) -> Reply<'a, State> {
        Box::pin(self.turn(charge, "cancel", &[]))
    }

    fn refund<'a>(
        &'a self,
        charge: &'a Charge,
        refund: RefundId,
        amount: Money,
    ) -> Reply<'a, GivenBack> {
        Box::pin(self.give_back(charge, refund, amount))
    }

    fn look_up<'a>(&'a self, charge: &'a Charge) -> Reply<'a, State> {
        Box::pin(async move {
            match &charge.reference {
                Some(id) => self.retrieve(id).await,
                None => self.create(charge).await,
            }
        })
    }

    fn signature_header(&self) -> &'static str {
        "Stripe-Signature"
    }

    fn hear(&self, message: Message<'_>) -> Result<Option<Hint>, Unsigned> {
        let secrets = &self.account.webhook_secrets;
        signature::verify(secrets, message.signature, message.body, message.now)?;
        // There are kinds of events without end: most are of no interest.
        let told: Option<Told> = serde_json::from_slice(message.body).ok();
        Ok(told.and_then(Told::hint))
    }
}
