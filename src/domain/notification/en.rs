//! Notices in English.

use super::{NewDevice, Notice, Text};

const NOT_ME: &str = "If it was not you, choose another password at once.";

pub fn text(notice: &Notice) -> Text {
    match notice {
        Notice::PasswordChanged => text_of(
            "Your password was changed",
            format!("All other devices were signed out. {NOT_ME}"),
        ),
        Notice::PasswordReset => text_of(
            "Your password was chosen anew",
            format!("It was done by the link in a letter to you. {NOT_ME}"),
        ),
        Notice::EmailChanged => text_of(
            "Your e-mail address was changed",
            format!("Letters go to the new address from now on; your profile shows it. {NOT_ME}"),
        ),
        Notice::NewDevice(NewDevice { device, at }) => {
            let at = at.format("%-d %B %Y at %H:%M UTC");
            let body = format!("Somebody signed in with {device} on {at}. {NOT_ME}");
            text_of("A new device has signed in", body)
        }
    }
}

fn text_of(title: &str, body: String) -> Text {
    Text { title: title.to_owned(), body }
}
