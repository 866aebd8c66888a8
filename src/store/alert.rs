//! The table `stock_alerts`.

use std::collections::BTreeSet;

use chrono::Duration;
use diesel::{
    dsl::{exists, select},
    prelude::*,
};
use serde_json::{Map, Value};

use super::{
    Backend, Conn, Tx, account, catalogue, event, mail,
    notification::way::{Telling, tell_all},
    snapshot,
    stock::Shelf,
};
use crate::{
    domain::{
        Error,
        account::Email,
        alert::{
            ALERTS_MAX, Ask, Asked, BATCH_MAX, Due, Freed, Prune, TOLD_AT_ONCE, TOLD_KEPT_HOURS,
            Tell, WAITS_DAYS, Whom, in_stock, too_many,
        },
        catalogue::Status,
        event::{Consumer, Published},
        id::{EventId, UserId},
        notification::BackInStock,
        settings::Language,
    },
    store::{
        at::At,
        error::corrupt,
        schema::{order_lines, products, stock, stock_alerts, variants},
    },
};

/// From how many variants on it is not said which, but all are looked at that anybody waits for.
const NAMED_MAX: usize = 5_000;
/// How many are forgotten at once.
const PRUNED_MAX: i64 = 1_000;

#[derive(Insertable)]
#[diesel(table_name = stock_alerts, treat_none_as_default_value = false)]
struct Row {
    id: String,
    variant_id: String,
    user_id: Option<String>,
    email: Option<String>,
    language: Option<String>,
    created_at: At,
    told_at: Option<At>,
}

pub fn ask(tx: &mut Tx<'_>, command: &Ask) -> Result<Asked, Error> {
    // Held until the commit: whoever puts some on the shelf comes before this, and there is nothing to
    // wait for, or after it, and its event finds who waits.
    let shelf = Shelf::lock(tx, [command.variant])?;
    let units = shelf.units(command.variant).ok_or(Error::NotFound("variant"))?;
    if catalogue::offers(tx.conn, [command.variant].into())?.is_empty() {
        return Err(Error::NotFound("variant"));
    }
    if let Whom::User(user) = &command.whom {
        account::hold(tx, *user)?;
    }
    let row = Row::of(command, At(tx.now));
    if waits(tx, &row)? {
        return Ok(Asked { is_new: false });
    }
    if units.available() > 0 {
        return Err(in_stock(units.available()));
    }
    if counted(tx, &row)? >= ALERTS_MAX {
        return Err(too_many());
    }
    let insert = diesel::insert_into(stock_alerts::table).values(&row).on_conflict_do_nothing();
    Ok(Asked { is_new: insert.execute(tx.conn)? > 0 })
}

/// Whether the same one waits for the same already.
fn waits(tx: &mut Tx<'_>, row: &Row) -> Result<bool, Error> {
    let same = of_whom(row)
        .filter(stock_alerts::variant_id.eq(&row.variant_id))
        .filter(stock_alerts::told_at.is_null());
    let found: Option<String> = same.select(stock_alerts::id).first(tx.conn).optional()?;
    Ok(found.is_some())
}

/// For how many the same one waits, or was told of not long ago.
fn counted(tx: &mut Tx<'_>, row: &Row) -> Result<i64, Error> {
    let since = At(tx.now - Duration::hours(TOLD_KEPT_HOURS));
    let counts = stock_alerts::told_at.is_null().or(stock_alerts::told_at.gt(since));
    Ok(of_whom(row).filter(counts.assume_not_null()).count().get_result(tx.conn)?)
}

fn of_whom(row: &Row) -> stock_alerts::BoxedQuery<'_, Backend> {
    let all = stock_alerts::table.into_boxed::<Backend>();
    match &row.user_id {
        Some(user) => all.filter(stock_alerts::user_id.eq(user)),
        None => all.filter(stock_alerts::email.eq(&row.email)),
    }
}

/// Who is to be told by the events that nobody has looked at yet, from `seen` on at the least, and
/// whether more is behind it.
pub fn due(conn: &mut Conn, seen: i64) -> Result<(Tell, bool), Error> {
    snapshot(conn, |conn| {
        let from = event::consumed(conn, Consumer::StockAlerts)?;
        let after = from.max(seen);
        let all = event::after(conn, after, BATCH_MAX)?;
        let Some(last) = all.last() else {
            return Ok((Tell { from, to: after, due: Vec::new() }, true));
        };
        let (to, made_of, is_last) = (last.sequence, last.event.id, count(&all) < BATCH_MAX);
        // Where places are missing, what stood there is forgotten, and may have freed anything.
        let is_whole = count(&all) == to.saturating_sub(after);
        let freed = if is_whole { freed(conn, &all)? } else { None };
        let due = back(conn, freed, made_of)?;
        // If there are more, this batch is looked at again: those who were told wait no longer.
        match i64::try_from(due.len()).map_err(corrupt)? < TOLD_AT_ONCE {
            true => Ok((Tell { from, to, due }, is_last)),
            false => Ok((Tell { from, to: from, due }, false)),
        }
    })
}

fn count(all: &[Published]) -> i64 {
    i64::try_from(all.len()).unwrap_or(i64::MAX)
}

/// The variants that these events may have put back on the shelf; none where it may be any.
fn freed(conn: &mut Conn, all: &[Published]) -> Result<Option<BTreeSet<String>>, Error> {
    let (mut ids, mut orders, mut shown) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
    for it in all {
        match Freed::by(&it.event) {
            Freed::Nothing => {}
            Freed::Order(order) => drop(orders.insert(order.to_string())),
            Freed::Variants(variants) => ids.extend(variants.iter().map(ToString::to_string)),
            Freed::Products(products) => shown.extend(products.iter().map(ToString::to_string)),
            Freed::Anything => return Ok(None),
        }
    }
    if shown.len() > NAMED_MAX {
        return Ok(None);
    }
    if !orders.is_empty() {
        let ordered = order_lines::table.filter(order_lines::order_id.eq_any(orders));
        ids.extend(ordered.select(order_lines::variant_id).load::<String>(conn)?);
    }
    if !shown.is_empty() {
        let of_products = variants::table.filter(variants::product_id.eq_any(shown));
        ids.extend(of_products.select(variants::id).load::<String>(conn)?);
    }
    Ok(Some(ids).filter(|it| it.len() <= NAMED_MAX))
}

/// Alert, user, address, language, variant, product, and what the product and what was chosen of it
/// are called.
type Found = (
    String,
    Option<String>,
    Option<String>,
    Option<String>,
    (String, String, String, String, String, String),
);

/// Those who wait for one of `freed`, or for anything, of which there is some now; who has waited for
/// longest first.
fn back(
    conn: &mut Conn,
    freed: Option<BTreeSet<String>>,
    made_of: EventId,
) -> Result<Vec<Due>, Error> {
    let nothing = freed.as_ref().is_some_and(BTreeSet::is_empty);
    let waiting = stock_alerts::table.filter(stock_alerts::told_at.is_null());
    if nothing || !select(exists(waiting)).get_result::<bool>(conn)? {
        return Ok(Vec::new());
    }
    let mut query = waiting
        .inner_join(variants::table.inner_join(products::table).inner_join(stock::table))
        .filter(stock::on_hand.gt(stock::reserved))
        .filter(products::status.eq(Status::Published.as_str()))
        .filter(variants::removed_at.is_null())
        .order(stock_alerts::id)
        .limit(TOLD_AT_ONCE)
        .select((
            stock_alerts::id,
            stock_alerts::user_id,
            stock_alerts::email,
            stock_alerts::language,
            (
                variants::id,
                products::id,
                products::slug,
                products::name,
                variants::name,
                variants::options,
            ),
        ))
        .into_boxed::<Backend>();
    if let Some(ids) = freed {
        query = query.filter(stock_alerts::variant_id.eq_any(ids));
    }
    query.load::<Found>(conn)?.into_iter().map(|it| found(it, made_of)).collect()
}

fn found((alert, user, email, language, what): Found, event: EventId) -> Result<Due, Error> {
    let (variant, product, slug, name, of_variant, options) = what;
    let whom = match (user, email) {
        (Some(user), _) => Whom::User(user.parse().map_err(corrupt)?),
        (None, Some(email)) => {
            // One that a newer node knows is as good as none.
            let language = language.and_then(|it| it.parse().ok()).unwrap_or(Language::En);
            Whom::Guest(Email::parse(&email).map_err(corrupt)?, language)
        }
        (None, None) => return Err(corrupt("nobody waits")),
    };
    let back = BackInStock {
        product_id: product.parse().map_err(corrupt)?,
        variant_id: variant.parse().map_err(corrupt)?,
        name: named(name, &of_variant, &options),
        slug,
    };
    Ok(Due { alert: alert.parse().map_err(corrupt)?, whom, back, event })
}

/// The product and what was chosen of it: `Shirt (Red, M)`.
fn named(product: String, variant: &str, options: &str) -> String {
    let chosen: Map<String, Value> = serde_json::from_str(options).unwrap_or_default();
    let chosen: Vec<&str> = chosen.values().filter_map(Value::as_str).collect();
    match (chosen.is_empty(), variant.is_empty()) {
        (false, _) => format!("{product} ({})", chosen.join(", ")),
        (true, false) => format!("{product}, {variant}"),
        (true, true) => product,
    }
}

/// Tells those who still wait, and takes the cursor on.
pub fn tell_back(tx: &mut Tx<'_>, command: &Tell) -> Result<(), Error> {
    let Tell { from, to, due } = command;
    event::consume(tx, Consumer::StockAlerts, *from, *to)?;
    if due.is_empty() {
        return Ok(());
    }
    let ids: BTreeSet<UserId> = due.iter().filter_map(|it| it.whom.user()).collect();
    let users = account::hold_all(tx, &ids)?;
    let still = stock_alerts::table
        .filter(stock_alerts::id.eq_any(due.iter().map(|it| it.alert.to_string())))
        .filter(stock_alerts::told_at.is_null());
    let still: Vec<String> = diesel::update(still)
        .set(stock_alerts::told_at.eq(At(tx.now)))
        .returning(stock_alerts::id)
        .get_results(tx.conn)?;
    let still: BTreeSet<String> = still.into_iter().collect();
    let (mut told, mut mails) = (Vec::new(), Vec::new());
    for it in due.iter().filter(|it| still.contains(&it.alert.to_string())) {
        match &it.whom {
            Whom::Guest(email, language) => mails.push(it.guest_mail(email, *language)),
            // Whose account has ended is told nothing.
            Whom::User(id) => told.extend(users.get(id).map(|user| Telling {
                user,
                notice: it.notice(),
                at: tx.now,
                letter: Some(it.letter()),
                order: None,
                source: (it.event, it.name(user)),
            })),
        }
    }
    mail::queue(tx, &mails)?;
    tell_all(tx, &told)
}

pub fn prune(tx: &mut Tx<'_>, _: &Prune) -> Result<i64, Error> {
    let told = stock_alerts::told_at.lt(At(tx.now - Duration::hours(TOLD_KEPT_HOURS)));
    let old = stock_alerts::created_at.lt(At(tx.now - Duration::days(WAITS_DAYS)));
    let gone: Vec<String> = stock_alerts::table
        .filter(told.assume_not_null().or(old))
        .limit(PRUNED_MAX)
        .select(stock_alerts::id)
        .load(tx.conn)?;
    let gone = stock_alerts::table.filter(stock_alerts::id.eq_any(gone));
    i64::try_from(diesel::delete(gone).execute(tx.conn)?).map_err(corrupt)
}

/// Forgets what a user waits for, in the transaction that ends the account.
pub fn forget(tx: &mut Tx<'_>, user: UserId) -> Result<(), Error> {
    let all = stock_alerts::table.filter(stock_alerts::user_id.eq(user.to_string()));
    diesel::delete(all).execute(tx.conn)?;
    Ok(())
}

impl Row {
    fn of(Ask { id, variant, whom }: &Ask, created_at: At) -> Self {
        let (user_id, guest) = match whom {
            Whom::User(user) => (Some(user.to_string()), None),
            Whom::Guest(email, language) => (None, Some((email, language))),
        };
        Row {
            id: id.to_string(),
            variant_id: variant.to_string(),
            user_id,
            email: guest.map(|(email, _)| email.as_str().to_owned()),
            language: guest.map(|(_, language)| language.to_string()),
            created_at,
            told_at: None,
        }
    }
}
