//! Notices in Russian.

use super::{
    BackInStock, NewDevice, Notice, Text,
    order::{OrderNews, What},
};
use crate::domain::{
    money::Money,
    settings::Language,
    wording::{self, moment},
};

const NOT_ME: &str = "Если это были не вы, сразу выберите другой пароль.";

pub fn text(notice: &Notice) -> Text {
    match notice {
        Notice::PasswordChanged => text_of(
            "Ваш пароль изменён",
            format!("На всех остальных устройствах выполнен выход. {NOT_ME}"),
        ),
        Notice::PasswordReset => text_of(
            "Для вашего аккаунта выбран новый пароль",
            format!("Это сделано по ссылке из письма, отправленного вам. {NOT_ME}"),
        ),
        Notice::EmailChanged => text_of(
            "Ваш адрес электронной почты изменён",
            format!("Теперь письма приходят на новый адрес; он указан в вашем профиле. {NOT_ME}"),
        ),
        Notice::NewDevice(NewDevice { device, at }) => {
            let at = moment(*at, Language::Ru);
            let body = format!("Кто-то вошёл в ваш аккаунт: {device}, {at}. {NOT_ME}");
            text_of("Вход с нового устройства", body)
        }
        Notice::Order(news) => of_order(news),
        Notice::BackInStock(back) => of_stock(back),
        Notice::Message(message) => message.text(),
    }
}

pub fn of_stock(BackInStock { name, .. }: &BackInStock) -> Text {
    text_of(
        &format!("Снова в наличии: {name}"),
        "Вы просили сообщить вам об этом. Товар для вас не отложен, поэтому он может быстро закончиться."
            .to_owned(),
    )
}

pub fn of_order(OrderNews { number, what, .. }: &OrderNews) -> Text {
    match what {
        What::Placed { total } => text_of(
            &format!("Ваш заказ {number}"),
            format!(
                "Спасибо! Мы получили ваш заказ на сумму {}. Мы отправим его, как только он будет оплачен.",
                amount(*total)
            ),
        ),
        What::Paid { total } => text_of(
            &format!("Заказ {number} оплачен"),
            format!("Мы получили {} и уже собираем вашу посылку.", amount(*total)),
        ),
        What::PaymentFailed { total } => text_of(
            &format!("Оплата заказа {number} не прошла"),
            format!(
                "Платёж на сумму {} отклонён, деньги не списаны. Попробуйте ещё раз или другой картой.",
                amount(*total)
            ),
        ),
        What::Shipped { carrier, tracking_number } => {
            text_of(&format!("Заказ {number} в пути"), shipped(carrier, tracking_number))
        }
        What::OutForDelivery {} => text_of(
            &format!("Заказ {number} скоро будет у вас"),
            "Курьер забрал вашу посылку и едет к вам.".to_owned(),
        ),
        What::DeliveryFailed {} => text_of(
            &format!("Заказ {number} пока не удалось доставить"),
            "Курьер не смог вручить вашу посылку. Обычно мы пробуем ещё раз.".to_owned(),
        ),
        What::DeliveryReturned {} => text_of(
            &format!("Посылка заказа {number} возвращается"),
            "Её не удалось доставить, и она едет обратно к нам. Если она вам ещё нужна, напишите нам, пожалуйста."
                .to_owned(),
        ),
        What::Delivered {} => text_of(
            &format!("Заказ {number} доставлен"),
            "Ваша посылка прибыла. Надеемся, что вам понравится то, что внутри.".to_owned(),
        ),
        What::Cancelled { expired } => cancelled(number, *expired),
        What::Refunded { amount: back, total } => text_of(
            &format!("Возврат {} за заказ {number}", amount(*back)),
            format!(
                "Мы вернули {} из {}. Банку может понадобиться несколько дней, чтобы показать возврат.",
                amount(*back),
                amount(*total)
            ),
        ),
    }
}

fn shipped(carrier: &Option<String>, tracking_number: &Option<String>) -> String {
    let with = carrier.as_ref().map(|it| format!(" Её везёт {it}.")).unwrap_or_default();
    let tracked = tracking_number.as_ref().map(|it| format!(" Номер отправления: {it}."));
    format!("Ваша посылка отправлена.{with}{}", tracked.unwrap_or_default())
}

fn cancelled(number: &str, expired: bool) -> Text {
    if expired {
        text_of(
            &format!("Заказ {number} не был оплачен вовремя"),
            "Он отменён, и товары для вас больше не отложены. Вы можете заказать снова в любое время."
                .to_owned(),
        )
    } else {
        text_of(
            &format!("Заказ {number} отменён"),
            "Он не будет доставлен. Всё, что за него уплачено, вернётся к вам.".to_owned(),
        )
    }
}

fn amount(money: Money) -> String {
    wording::amount(money, Language::Ru)
}

fn text_of(title: &str, body: String) -> Text {
    Text { title: title.to_owned(), body }
}
