//! The address of a server, as it was typed.

use super::Failure;

/// The address without a slash at the end. Only plain HTTP is spoken here.
pub fn checked(url: &str) -> Result<String, Failure> {
    let base = url.strip_suffix('/').unwrap_or(url);
    match base.strip_prefix("http://") {
        Some(host) if !host.is_empty() && !host.contains(['/', '?', '#', '@']) => {
            Ok(base.to_owned())
        }
        Some(_) => Err(Failure::new(format!("{url} is not the address of a server"))),
        None => Err(Failure::new("the server's address must begin with http://")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_is_named_by_its_address_alone() {
        assert_eq!(checked("http://localhost:8080/").unwrap(), "http://localhost:8080");
        for wrong in ["", "localhost:8080", "https://shop.example", "http://", "http://a/b"] {
            assert!(checked(wrong).is_err(), "{wrong}");
        }
    }
}
