//! A mail server, spoken to in SMTP.
//!
//! Each command has the time that RFC 5321 (4.5.3.2) gives the server for it. The connection is
//! `lettre`'s own, and not its mailer, which does not say how far a mail had come when it failed.

use std::{fmt, future::Future, time::Duration};

use lettre::transport::smtp::{
    Error,
    authentication::{Credentials, DEFAULT_MECHANISMS},
    client::{AsyncSmtpConnection, TlsParameters},
    commands::{Data, Mail, Rcpt, Rset},
    extension::{ClientId, Extension, MailBodyParameter, MailParameter},
};
use tokio::time::timeout;

use super::{Refusal, Unreachable, message::Message};

/// For the connection itself, of which the RFC says nothing.
const CONNECT_MAX: Duration = Duration::from_secs(30);
/// For the greeting, and for what is said about one mail before its words.
const COMMAND_MAX: Duration = Duration::from_secs(300);
const DATA_MAX: Duration = Duration::from_secs(120);
/// For the words and for the answer to them: three minutes and ten.
const WORDS_MAX: Duration = Duration::from_secs(780);
/// For a goodbye that nobody needs.
const QUIT_MAX: Duration = Duration::from_secs(2);

/// Whether the connection is encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tls {
    /// From its first byte on.
    Wrapped,
    /// By `STARTTLS`; without it nothing is sent.
    StartTls,
    Never,
}

/// A mail server.
pub struct Server {
    host: String,
    port: u16,
    security: Security,
    login: Option<Credentials>,
    /// By which name we introduce ourselves.
    name: ClientId,
}

enum Security {
    Wrapped(TlsParameters),
    StartTls(TlsParameters),
    Never,
}

impl Server {
    /// The server at `host`, to which we are `name`. The certificates that are believed are read
    /// here, from `SSL_CERT_FILE` or from where the system keeps them.
    pub fn new(
        (host, port): (String, u16),
        tls: Tls,
        login: Option<(String, String)>,
        name: &str,
    ) -> Result<Self, Unreachable> {
        let parameters = || {
            let parameters = TlsParameters::builder(host.clone()).build_rustls();
            parameters.map_err(|err| Unreachable(err.to_string()))
        };
        let security = match tls {
            Tls::Wrapped => Security::Wrapped(parameters()?),
            Tls::StartTls => Security::StartTls(parameters()?),
            Tls::Never => Security::Never,
        };
        let login = login.map(|(user, password)| Credentials::new(user, password));
        Ok(Server { host, port, security, login, name: ClientId::Domain(name.to_owned()) })
    }

    /// A connection that has introduced itself and may send.
    pub async fn connect(&self) -> Result<Session, Unreachable> {
        let wrapped = match &self.security {
            Security::Wrapped(parameters) => Some(parameters.clone()),
            Security::StartTls(_) | Security::Never => None,
        };
        let place = (self.host.as_str(), self.port);
        let opened = AsyncSmtpConnection::connect_tokio1(
            place,
            Some(CONNECT_MAX),
            &self.name,
            wrapped,
            None,
        );
        let mut connection = reached(COMMAND_MAX, opened).await?;
        if let Security::StartTls(parameters) = &self.security {
            reached(COMMAND_MAX, connection.starttls(parameters.clone(), &self.name)).await?;
        }
        if let Some(login) = &self.login {
            reached(COMMAND_MAX, connection.auth(DEFAULT_MECHANISMS, login)).await?;
        }
        Ok(Session { connection })
    }
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Server({}:{})", self.host, self.port)
    }
}

async fn reached<T>(
    within: Duration,
    work: impl Future<Output = Result<T, Error>>,
) -> Result<T, Unreachable> {
    match timeout(within, work).await {
        Ok(outcome) => outcome.map_err(|err| Unreachable(err.to_string())),
        Err(_) => Err(Unreachable(format!("no answer in {within:?}"))),
    }
}

/// A connection on which mails are sent, one after the other.
pub struct Session {
    connection: AsyncSmtpConnection,
}

impl Session {
    /// Names sender and recipient, and asks to go on with the words.
    pub async fn offer(&mut self, message: &Message) -> Result<(), Refusal> {
        let options = self.options(message)?;
        let offered = self.introduce(message, options).await;
        if matches!(offered, Err(Refusal::Refused { .. })) {
            // So that the next mail does not go to this one's recipient too.
            answered(COMMAND_MAX, self.connection.command(Rset)).await.map_err(broken)?;
        }
        offered
    }

    async fn introduce(
        &mut self,
        message: &Message,
        options: Vec<MailParameter>,
    ) -> Result<(), Refusal> {
        let from = Mail::new(Some(message.from.clone()), options);
        let to = Rcpt::new(message.to.clone(), Vec::new());
        answered(COMMAND_MAX, self.connection.command(from)).await?;
        answered(COMMAND_MAX, self.connection.command(to)).await?;
        answered(DATA_MAX, self.connection.command(Data)).await
    }

    /// Sends the words, and waits for the server to answer for them.
    pub async fn hand_over(&mut self, message: &Message) -> Result<(), Refusal> {
        let bytes = message.bytes(self.takes_eight_bits());
        answered(WORDS_MAX, self.connection.message(&bytes)).await
    }

    pub async fn quit(mut self) {
        // What was sent has been answered; whether the goodbye is changes nothing.
        timeout(QUIT_MAX, self.connection.quit()).await.ok();
    }

    fn takes_eight_bits(&self) -> bool {
        self.connection.server_info().supports_feature(Extension::EightBitMime)
    }

    /// What the server must know of a mail that is not plain ASCII.
    fn options(&self, message: &Message) -> Result<Vec<MailParameter>, Refusal> {
        let mut options = Vec::new();
        if !message.to.user().is_ascii() {
            if !self.connection.server_info().supports_feature(Extension::SmtpUtfEight) {
                let why = "the server takes no such address (SMTPUTF8)".to_owned();
                return Err(Refusal::Refused { why, lasting: true });
            }
            options.push(MailParameter::SmtpUtfEight);
        }
        if self.takes_eight_bits() {
            options.push(MailParameter::Body(MailBodyParameter::EightBitMime));
        }
        Ok(options)
    }
}

/// What the server says in time. Of its words only the code is kept: they may hold the address.
async fn answered<T>(
    within: Duration,
    work: impl Future<Output = Result<T, Error>>,
) -> Result<(), Refusal> {
    let err = match timeout(within, work).await {
        Ok(Ok(_)) => return Ok(()),
        Ok(Err(err)) => err,
        Err(_) => return Err(Refusal::Broken(format!("no answer in {within:?}"))),
    };
    match err.status() {
        // "I am closing the channel" (RFC 5321, 3.8) is an answer to the mail as well.
        Some(code) => Err(Refusal::Refused { why: code.to_string(), lasting: err.is_permanent() }),
        None => Err(Refusal::Broken("no answer that makes sense".to_owned())),
    }
}

/// A line on which not even this could be said is of no use.
fn broken(refusal: Refusal) -> Refusal {
    match refusal {
        Refusal::Refused { why, .. } => Refusal::Broken(why),
        Refusal::Broken(_) => refusal,
    }
}
