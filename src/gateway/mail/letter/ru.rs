//! The letters in Russian.

use chrono::{DateTime, Utc};

use super::{Link, Reason, Shop, Sums, Text, Tongue, of_message, of_order, of_stock, rows};
use crate::domain::{
    mail::Letter,
    notification::order::NewOrder,
    settings::Language,
    wording::{amount, moment},
};

pub const RUSSIAN: Tongue = Tongue { greeting, text, sums: SUMS, footer };

const SUMS: Sums = Sums {
    discount: "Скидка", delivery: "Доставка", tax: "Налог", total: "Итого"
};

/// What leads to the page, and how often this is written.
const ALERT: (&str, &str) =
    ("Посмотреть", "Мы пишем об этом один раз. Чтобы узнать снова, попросите ещё раз.");

fn greeting(name: Option<&str>) -> String {
    name.map_or_else(|| "Здравствуйте!".to_owned(), |name| format!("Здравствуйте, {name}!"))
}

fn text(letter: &Letter, shop: &Shop) -> Text {
    match letter {
        Letter::Confirm { link } => text_of(
            "Подтвердите, пожалуйста, адрес электронной почты",
            &[&format!(
                "Теперь у вас есть аккаунт в магазине {}. Подтвердите, пожалуйста, что это ваш адрес:",
                shop.name
            )],
            shop.link("confirm", *link, "Подтвердить адрес"),
            &[
                "Ссылка действует один раз, в течение трёх дней. Если вы не регистрировались, просто не \
               открывайте её.",
            ],
        ),
        Letter::Welcome => text_of(
            &format!("Добро пожаловать в {}", shop.name),
            &[&format!("Рады видеть вас в магазине {}.", shop.name), WHAT_FOR],
            None,
            &[],
        ),
        Letter::Reset { link } => text_of(
            "Выберите новый пароль",
            &[
                "Кто-то, надеемся, что вы, попросил новый пароль для вашего аккаунта. Выберите его здесь:",
            ],
            shop.link("reset", *link, "Выбрать новый пароль"),
            &[
                "Ссылка действует один раз, в течение получаса. Если это были не вы, ничего делать не нужно: \
               ваш пароль остался прежним.",
            ],
        ),
        Letter::PasswordChanged => {
            text_of("Ваш пароль изменён", &["Пароль вашего аккаунта был изменён."], None, &[NOT_ME])
        }
        Letter::EmailChange { link } => text_of(
            "Подтвердите, пожалуйста, новый адрес электронной почты",
            &["С этого момента у вашего аккаунта должен быть этот адрес. Подтвердите, что он ваш:"],
            shop.link("confirm", *link, "Подтвердить адрес"),
            &[
                "Ссылка действует один раз, в течение суток. До тех пор у аккаунта остаётся старый адрес. \
               Если это были не вы, не открывайте её.",
            ],
        ),
        Letter::EmailChangeAsked { hint } => email_change_asked(hint),
        Letter::EmailChanged { hint } => email_changed(hint),
        Letter::NewDevice { device, at } => new_device(device, *at),
        Letter::Order { news, bought } => of_order(news, bought.as_ref(), Language::Ru),
        Letter::NewOrder { order } => new_order(order, shop),
        Letter::BackInStock { back } => of_stock(back, shop, ALERT, Language::Ru),
        Letter::Message { message } => of_message(message),
    }
}

fn new_order(NewOrder { number, bought, to, .. }: &NewOrder, shop: &Shop) -> Text {
    let total = amount(bought.total, Language::Ru);
    Text {
        subject: format!("Новый заказ {number}"),
        before: vec![format!(
            "Поступил заказ {number} на сумму {total}. Его можно собирать, как только он будет оплачен."
        )],
        rows: rows(bought, Language::Ru),
        link: shop.desk("Открыть страницу администратора"),
        after: vec![format!("Кому и куда: {}", to.join(", "))],
    }
}

fn email_change_asked(hint: &str) -> Text {
    text_of(
        "Ваш адрес электронной почты собираются изменить",
        &[&format!(
            "Кто-то, кто знает ваш пароль, попросил, чтобы у вашего аккаунта был адрес {hint}. Это \
             произойдёт, когда адрес будет подтверждён."
        )],
        None,
        &["Если это были вы, ничего делать не нужно.", NOT_ME],
    )
}

fn email_changed(hint: &str) -> Text {
    text_of(
        "Ваш адрес электронной почты изменён",
        &[&format!("Адрес вашего аккаунта изменён на {hint}. Теперь письма будут приходить туда.")],
        None,
        &["Если это были не вы, сразу напишите в нашу службу поддержки."],
    )
}

fn new_device(device: &str, at: DateTime<Utc>) -> Text {
    text_of(
        "Вход с нового устройства",
        &[
            &format!(
                "{} кто-то вошёл в ваш аккаунт с устройства, которого мы раньше не видели:",
                moment(at, Language::Ru)
            ),
            device,
        ],
        None,
        &["Если это были вы, ничего делать не нужно.", NOT_ME],
    )
}

const WHAT_FOR: &str = "С аккаунтом вы видите свои заказы на всех своих устройствах и следите за каждой \
    посылкой от нашей двери до вашей.";

const NOT_ME: &str = "Если это были не вы, сразу выберите другой пароль: на странице входа нажмите \
    «забыли пароль». Так будет выполнен выход у всех остальных.";

fn footer(reason: Reason, shop: &Shop) -> String {
    let what = match reason {
        Reason::Account => "с этим адресом связан аккаунт",
        Reason::Order => "с этим адресом оформлен заказ",
        Reason::Alert => "на этот адрес просили прислать сообщение",
        Reason::Shop => "этот адрес указан в настройках магазина",
    };
    format!("Магазин {} прислал это письмо, потому что {what}. {}", shop.name, shop.url)
}

fn text_of(subject: &str, before: &[&str], link: Option<Link>, after: &[&str]) -> Text {
    let owned = |all: &[&str]| all.iter().map(|it| (*it).to_owned()).collect();
    let (before, rows, after) = (owned(before), Vec::new(), owned(after));
    Text { subject: subject.to_owned(), before, rows, link, after }
}
