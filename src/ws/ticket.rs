//! `/ws/tickets`: a ticket for one socket, bought with an access token.

use actix_web::{HttpResponse, web::Data};
use serde::Serialize;

use super::Sockets;
use crate::{
    cache::ticket::{Holder, TICKET_SECONDS, Tickets},
    domain::Error,
    http::{error::Answered, extract::Auth, token::Caller},
};

#[derive(Serialize, utoipa::ToSchema)]
struct Ticket {
    /// To be used once, as `?ticket=` of the socket's address.
    ticket: String,
    /// In seconds.
    expires_in: u64,
}

/// A ticket for one socket.
#[utoipa::path(
    post, path = "/api/v1/ws/tickets", tag = "socket",
    responses((status = 201, description = "The ticket", body = Ticket))
)]
pub async fn create_ticket(Auth(caller): Auth<Caller>, sockets: Data<Sockets>) -> Answered {
    let Caller { user, session, role, expires_at } = caller;
    let ticket = sockets.tickets.issue(&Holder { user, session, role, expires_at }).await?;
    Ok(HttpResponse::Created().json(Ticket { ticket, expires_in: TICKET_SECONDS }))
}

/// Whoever bought the ticket; `Unauthenticated("invalid_ticket")` if it is spent, too old or none.
pub async fn redeem(tickets: &Tickets, ticket: &str) -> Result<Caller, Error> {
    let holder = tickets.redeem(ticket).await?;
    let holder = holder.ok_or(Error::Unauthenticated { code: "invalid_ticket" })?;
    let Holder { user, session, role, expires_at } = holder;
    Ok(Caller { user, session, role, expires_at })
}
