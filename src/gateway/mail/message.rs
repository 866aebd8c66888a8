//! A letter as a message of RFC 5322: plain text and HTML, and the same bytes however often it is
//! written.

use std::time::SystemTime;

use chrono::{DateTime, Utc};
use lettre::{
    Address,
    message::{
        Body, Mailbox, MultiPart, SinglePart,
        header::{ContentTransferEncoding, ContentType, HeaderName, HeaderValue},
    },
};

use super::letter::{Shop, Words};
use crate::domain::{Error, account::Email, id::MailId, mail::Mail};

/// The longest line that every mail server takes, in bytes (RFC 5321, 4.5.3.1.6).
const LINE_BYTES_MAX: usize = 998;

/// What all letters have in common: who writes them, and where their links lead.
pub struct Stationery {
    sender: Mailbox,
    shop: Shop,
}

/// A letter, ready to be sent.
#[derive(Debug)]
pub struct Message {
    pub id: MailId,
    pub from: Address,
    pub to: Address,
    sender: Mailbox,
    at: DateTime<Utc>,
    subject: String,
    plain: String,
    html: String,
}

impl Stationery {
    /// Letters from `name` at `address`.
    pub fn new(name: &str, address: &Email, shop: Shop) -> Result<Self, Error> {
        let sender = Mailbox::new(Some(name.to_owned()), parsed(address)?);
        Ok(Stationery { sender, shop })
    }

    /// The host of whoever writes.
    pub fn host(&self) -> &str {
        self.sender.email.domain()
    }

    /// Writes a letter that was asked for at `at`; an error where its address cannot be a mailbox.
    pub fn write(&self, mail: &Mail, at: DateTime<Utc>) -> Result<Message, Error> {
        let words = Words::of(mail, &self.shop);
        Ok(Message {
            id: mail.id,
            from: self.sender.email.clone(),
            to: parsed(&mail.to)?,
            sender: self.sender.clone(),
            at,
            plain: words.plain()?,
            html: words.html()?,
            subject: words.subject().to_owned(),
        })
    }
}

/// The mailbox of an address, its host in the form that every server knows.
fn parsed(email: &Email) -> Result<Address, Error> {
    const READING: &str = "reading the address of a mail";
    let (local, host) = email.as_str().split_once('@').unwrap_or_default();
    let host = idna::domain_to_ascii(host).map_err(Error::internal(READING))?;
    Address::new(local, host).map_err(Error::internal(READING))
}

impl Message {
    /// The message as it is sent. Without `eight_bits` it is ASCII throughout, which every server
    /// takes and nobody can read.
    pub fn bytes(&self, eight_bits: bool) -> Vec<u8> {
        let part = |kind: ContentType, text: &str| {
            SinglePart::builder().header(kind).body(body(text, eight_bits))
        };
        let parts = MultiPart::alternative()
            .boundary(format!("rialto-{}", self.id))
            .singlepart(part(ContentType::TEXT_PLAIN, &self.plain))
            .singlepart(part(ContentType::TEXT_HTML, &self.html));
        // RFC 3834: so that nobody's absence note answers it.
        let name = HeaderName::new_from_ascii_str("Auto-Submitted");
        let message = lettre::Message::builder()
            .from(self.sender.clone())
            .to(Mailbox::new(None, self.to.clone()))
            .subject(self.subject.clone())
            .date(SystemTime::from(self.at))
            .message_id(Some(format!("<{}@{}>", self.id, self.from.domain())))
            .raw_header(HeaderValue::new(name, "auto-generated".to_owned()))
            .multipart(parts);
        message.map(|it| it.formatted()).unwrap_or_default()
    }
}

/// The text as it is, if it can be: so people find a link in it, and it is not folded.
fn body(text: &str, eight_bits: bool) -> Body {
    let text = text.replace('\n', "\r\n");
    let fits = text.lines().all(|line| line.len() <= LINE_BYTES_MAX);
    if fits && text.is_ascii() {
        Body::dangerous_pre_encoded(text.into_bytes(), ContentTransferEncoding::SevenBit)
    } else if fits && eight_bits {
        Body::dangerous_pre_encoded(text.into_bytes(), ContentTransferEncoding::EightBit)
    } else {
        Body::new(text)
    }
}
