//! One-use tickets: issued, read, lapsed, forged and mistaken for tokens.
//!
//! A ticket and a token are never taken for each other, even with one secret for both.

use std::time::Duration;

use super::mint::{NOON, SECRET, Told, good, noon, plain, token, verdict};
use crate::auth::{AuthSettings, Clock, Grant, Signer, TicketError, Tickets, TokenError, Verifier};

fn tickets_at(now: Clock) -> Tickets {
    Tickets::new(SECRET.as_bytes(), Duration::from_secs(30), Duration::from_secs(300)).with_clock(now)
}

fn for_ann() -> Grant {
    Grant { user_id: "ann".to_owned(), chat_id: Some("chat_1".to_owned()), ..Grant::default() }
}

#[test]
fn a_ticket_says_all_that_was_granted() -> Told {
    let tickets = tickets_at(noon);
    let text = |text: &str| Some(text.to_owned());
    let grant = Grant {
        is_authenticated: Some(true),
        name: text("Ann"),
        email: text("ann@example.org"),
        avatar: text("https://example.org/a.png"),
        role: text("agent"),
        ttl: Some(Duration::from_secs(10)),
        session_expires_at: Some(NOON + 3600),
        ..for_ann()
    };
    let (ticket, expires_at) = tickets.issue(grant.clone(), NOON)?;
    assert!(Tickets::is_ticket(&ticket));
    assert_eq!(expires_at, NOON + 10);
    let claims = tickets.verify(&ticket)?;
    assert_eq!(claims.user_id, Some(grant.user_id));
    assert_eq!((claims.name, claims.role), (grant.name, grant.role));
    assert_eq!((claims.email, claims.avatar), (grant.email, grant.avatar));
    assert_eq!((claims.chat_id, claims.is_authenticated), (grant.chat_id, Some(true)));
    assert!(claims.ticket);
    assert_eq!((claims.expires_at, claims.ticket_expires_at), (Some(NOON + 3600), Some(NOON + 10)));
    Ok(())
}

#[test]
fn a_session_without_an_end_has_none_though_its_ticket_does() -> Told {
    let tickets = tickets_at(noon);
    let claims = tickets.verify(&tickets.issue(for_ann(), NOON)?.0)?;
    assert_eq!((claims.expires_at, claims.ticket_expires_at), (None, Some(NOON + 30)));
    Ok(())
}

#[test]
fn a_ticket_lapses_on_its_second() -> Told {
    let (ticket, _) = tickets_at(noon).issue(for_ann(), NOON)?;
    assert!(tickets_at(|| NOON + 29).verify(&ticket).is_ok());
    assert_eq!(tickets_at(|| NOON + 30).verify(&ticket), Err(TokenError::Expired));
    Ok(())
}

#[test]
fn every_ticket_has_an_id_of_its_own() -> Told {
    let tickets = tickets_at(noon);
    let mut seen = std::collections::HashSet::new();
    for _ in 0..100 {
        let id = tickets.verify(&tickets.issue(for_ann(), NOON)?.0)?.token_id.ok_or("no id")?;
        assert_eq!(id.len(), 22);
        assert!(seen.insert(id));
    }
    Ok(())
}

#[test]
fn a_ticket_is_no_token_and_a_token_no_ticket() -> Told {
    let tickets = tickets_at(noon);
    let (ticket, _) = tickets.issue(for_ann(), NOON)?;
    let bare = ticket.strip_prefix("tkt_").ok_or("no prefix")?;
    assert!(matches!(verdict(&plain()?, &ticket), Err(TokenError::Invalid(_))));
    assert_eq!(verdict(&plain()?, bare), Err(TokenError::SIGNATURE));
    let token = token(&good())?;
    assert_eq!(tickets.verify(&token), Err(TokenError::MALFORMED));
    assert_eq!(tickets.verify(&format!("tkt_{token}")), Err(TokenError::SIGNATURE));
    assert_eq!(tickets.verify(bare), Err(TokenError::MALFORMED));
    Ok(())
}

#[test]
fn a_ticket_with_any_byte_changed_is_refused() -> Told {
    let tickets = tickets_at(noon);
    let (ticket, _) = tickets.issue(for_ann(), NOON)?;
    for place in 0..ticket.len() {
        let mut bytes = ticket.clone().into_bytes();
        let byte = bytes.get_mut(place).ok_or("no such place")?;
        *byte = if *byte == b'A' { b'B' } else { b'A' };
        assert!(tickets.verify(&String::from_utf8(bytes)?).is_err(), "{place}");
    }
    for odd in ["tkt_", "tkt_.", "tkt_..", "TKT_a.b.c", "tkt_tkt_a.b.c"] {
        assert!(tickets.verify(odd).is_err(), "{odd}");
    }
    assert_eq!(tickets.verify(""), Err(TokenError::Missing));
    Ok(())
}

#[test]
fn another_secret_reads_no_tickets() -> Told {
    let (ticket, _) = tickets_at(noon).issue(for_ann(), NOON)?;
    let other = Tickets::new(b"something else", Duration::from_secs(30), Duration::from_secs(30));
    assert_eq!(other.with_clock(noon).verify(&ticket), Err(TokenError::SIGNATURE));
    Ok(())
}

#[test]
fn a_grant_that_makes_no_sense_is_refused() {
    let tickets = tickets_at(noon);
    let lasting = |seconds| Grant { ttl: Some(Duration::from_secs(seconds)), ..for_ann() };
    assert_eq!(tickets.issue(lasting(0), NOON), Err(TicketError::Ttl { most: 300 }));
    assert_eq!(tickets.issue(lasting(301), NOON), Err(TicketError::Ttl { most: 300 }));
    assert_eq!(tickets.issue(Grant::default(), NOON), Err(TicketError::NoUser));
    let over = Grant { session_expires_at: Some(NOON), ..for_ann() };
    assert_eq!(tickets.issue(over, NOON), Err(TicketError::SessionOver));
    let long = Grant { name: Some("n".repeat(9000)), ..for_ann() };
    assert_eq!(tickets.issue(long, NOON), Err(TicketError::TooLong));
}

#[test]
fn a_ticket_never_outlives_the_session_it_opens() -> Told {
    let brief = Grant { session_expires_at: Some(NOON + 5), ..for_ann() };
    let (ticket, expires_at) = tickets_at(noon).issue(brief, NOON)?;
    assert_eq!(expires_at, NOON + 5);
    assert_eq!(tickets_at(|| NOON + 5).verify(&ticket), Err(TokenError::Expired));
    Ok(())
}

#[test]
fn what_the_signer_signs_the_verifier_lets_in() -> Told {
    let claims = serde_json::json!({"userId": "ann", "chatId": "c", "exp": i64::MAX});
    let token = Signer::new(SECRET).sign(&claims)?;
    let settings = AuthSettings { secrets: vec![SECRET.to_owned()], ..AuthSettings::default() };
    assert_eq!(verdict(&Verifier::new(settings)?, &token)?.user_id.as_deref(), Some("ann"));
    Ok(())
}
