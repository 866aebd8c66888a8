//! Settings of the mail: by which server it goes, and from whom it is.

use std::{fmt, net::IpAddr};

use percent_encoding::percent_decode_str;
use url::Url;

use super::{
    address::mask_url,
    value::{Shown, Value},
};
use crate::domain::account::{Email, parse_name};

/// A mail server, as its address describes it.
#[derive(Clone, PartialEq, Eq)]
pub struct SmtpUrl {
    /// The whole address; it may hold a password, so `Debug` hides that.
    text: String,
    pub host: String,
    pub port: u16,
    pub security: Security,
    /// User and password.
    pub login: Option<(String, String)>,
}

/// How the way to a mail server is kept secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Security {
    /// `smtps://`: by TLS from the first byte on.
    Tls,
    /// `smtp://`: by `STARTTLS`, or not at all.
    StartTls,
    /// `smtp://` with `?tls=none`, or to this machine: nobody reads along.
    None,
}

impl fmt::Debug for SmtpUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&mask_url(&self.text))
    }
}

impl Value for SmtpUrl {
    const SHOWN: Shown = Shown::Url;

    fn wanted() -> String {
        "smtp://<user>:<password>@<host>:<port> or the same with smtps://; ?tls=none or \
         ?tls=required after smtp:// says whether STARTTLS is wanted"
            .to_owned()
    }

    fn parse(text: &str) -> Option<Self> {
        let url = Url::parse(text).ok()?; // What is wanted says it better than the error.
        let host = url.host_str()?.trim_matches(['[', ']']).to_owned();
        let tls = match url.query() {
            Some(query) => Some(query.strip_prefix("tls=")?),
            None => None,
        };
        let security = match (url.scheme(), tls) {
            ("smtps", None) => Security::Tls,
            ("smtp", Some("required")) => Security::StartTls,
            ("smtp", Some("none")) => Security::None,
            ("smtp", None) if is_this_machine(&host) => Security::None,
            ("smtp", None) => Security::StartTls,
            _ => return None,
        };
        let port = url.port().unwrap_or(match security {
            Security::Tls => 465,
            Security::StartTls => 587,
            Security::None => 25,
        });
        let decoded = |text| Some(percent_decode_str(text).decode_utf8().ok()?.into_owned()); // Likewise.
        let login = match (url.username(), url.password()) {
            ("", None) => None,
            (user, password) => Some((decoded(user)?, decoded(password?)?)),
        };
        let is_place =
            !host.is_empty() && matches!(url.path(), "" | "/") && url.fragment().is_none();
        is_place.then(|| SmtpUrl { text: text.to_owned(), host, port, security, login })
    }
}

fn is_this_machine(host: &str) -> bool {
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|it| it.is_loopback())
}

/// Whom letters are from: a name and an address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sender {
    pub name: String,
    pub address: Email,
}

impl Value for Sender {
    fn wanted() -> String {
        "a name and an address, such as Rialto <no-reply@shop.example>".to_owned()
    }

    fn parse(text: &str) -> Option<Self> {
        let (name, address) = text.trim().strip_suffix('>')?.rsplit_once('<')?;
        let name = parse_name(name).ok()?; // What is wanted says it better than the error.
        let address = Email::parse(address).ok().filter(|it| it.as_str().is_ascii())?; // Likewise.
        Some(Sender { name, address })
    }
}

impl Value for Email {
    fn wanted() -> String {
        "an address, such as orders@shop.example".to_owned()
    }

    fn parse(text: &str) -> Option<Self> {
        Email::parse(text).ok() // What is wanted says it better than the error.
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn server(text: &str) -> (String, u16, Security) {
        let url = SmtpUrl::parse(text).unwrap();
        (url.host, url.port, url.security)
    }

    #[test]
    fn the_way_to_another_machine_is_secret_unless_it_is_told_not_to_be() {
        let own = |host: &str, port, security| (host.to_owned(), port, security);
        assert_eq!(server("smtps://mail.example"), own("mail.example", 465, Security::Tls));
        assert_eq!(server("smtp://mail.example"), own("mail.example", 587, Security::StartTls));
        assert_eq!(server("smtp://mail.example?tls=none"), own("mail.example", 25, Security::None));
        assert_eq!(server("smtp://127.0.0.1:2525"), own("127.0.0.1", 2525, Security::None));
        assert_eq!(server("smtp://localhost"), own("localhost", 25, Security::None));
        assert_eq!(server("smtp://[::1]:26/"), own("::1", 26, Security::None));
        assert_eq!(
            server("smtp://localhost:26?tls=required"),
            own("localhost", 26, Security::StartTls)
        );
    }

    #[test]
    fn a_login_may_hold_any_character() {
        let url = SmtpUrl::parse("smtps://ada%40shop:s3%2Fcret%25@mail.example").unwrap();
        assert_eq!(url.login, Some(("ada@shop".to_owned(), "s3/cret%".to_owned())));
        assert!(!format!("{url:?}").contains("s3"), "{url:?}");
    }

    #[test]
    fn what_is_no_mail_server_is_refused() {
        let wrong = [
            "",
            "mail.example",
            "http://mail.example",
            "smtp://",
            "smtp://:25",
            "smtp://mail.example/in",
            "smtp://mail.example?tls=maybe",
            "smtps://mail.example?tls=none",
            "smtp://ada@mail.example",
            "smtp://mail example",
        ];
        for wrong in wrong {
            assert_eq!(SmtpUrl::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_sender_is_a_name_and_an_address() {
        let sender = Sender::parse("Tea & Söhne <Post@Tea.example>").unwrap();
        assert_eq!(
            (sender.name.as_str(), sender.address.as_str()),
            ("Tea & Söhne", "post@tea.example")
        );
        for wrong in ["", "post@tea.example", "<post@tea.example>", "Tea <post>", "A\r\nB <a@b.c>"]
        {
            assert_eq!(Sender::parse(wrong), None, "{wrong}");
        }
    }
}
