//! Where parcels go: addresses, checked by the rules of their country, and those that users keep.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Deserializer, Serialize};

use super::{
    Error, country,
    error::FieldError,
    id::{AddressId, UserId},
    phone::Phone,
};

/// The longest line of an address, in characters.
pub const LINE_CHARS_MAX: usize = 200;
/// How many addresses a user may keep: more than anybody sends parcels to.
pub const SAVED_MAX: i64 = 50;

/// Where a parcel goes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Address {
    pub name: String,
    pub line1: String,
    #[serde(default)]
    pub line2: Option<String>,
    pub city: String,
    /// A state, province or prefecture; some countries need one.
    #[serde(default)]
    pub region: Option<String>,
    /// Empty where the country has none.
    #[serde(default)]
    pub postal_code: String,
    /// Two letters of ISO 3166-1.
    pub country: String,
    /// With the country's code.
    #[serde(default)]
    pub phone: Option<String>,
}

impl Address {
    /// The address as it is kept, if each field keeps to the rules of its country; every field
    /// that does not is named.
    pub fn checked(self) -> Result<Self, Error> {
        let is_known = country::exists(&self.country);
        let mut check = Check::default();
        let name = check.needed("name", &self.name);
        let line1 = check.needed("line1", &self.line1);
        let line2 = check.optional("line2", self.line2);
        let city = check.needed("city", &self.city);
        let region = check.optional("region", self.region);
        if region.is_none() && country::needs_region(&self.country) {
            check.wrong("region", "missing", "this country needs a state, province or prefecture");
        }
        let postal_code = check.postal_code(&self.country, &self.postal_code);
        if !is_known {
            let message = "a country is two capital letters of ISO 3166-1";
            check.wrong("country", "unknown_country", message);
        }
        let phone = check.phone(self.phone);
        if !check.0.is_empty() {
            return Err(Error::Invalid(check.0));
        }
        let country = self.country;
        Ok(Address { name, line1, line2, city, region, postal_code, country, phone })
    }

    /// What is written on a parcel, line by line.
    pub fn lines(&self) -> Vec<String> {
        let town = format!("{} {}", self.postal_code, self.city);
        let all = [Some(&self.name), Some(&self.line1), self.line2.as_ref(), Some(&town)];
        let all = all.into_iter().chain([self.region.as_ref(), Some(&self.country)]).flatten();
        all.map(|it| it.trim().to_owned()).collect()
    }

    /// The address with what `edit` says; it is still to be checked.
    fn edited(mut self, edit: &Edit) -> Self {
        let needed = [
            (&mut self.name, &edit.name),
            (&mut self.line1, &edit.line1),
            (&mut self.city, &edit.city),
            (&mut self.postal_code, &edit.postal_code),
            (&mut self.country, &edit.country),
        ];
        for (field, said) in needed {
            if let Some(text) = said {
                field.clone_from(text);
            }
        }
        let optional = [
            (&mut self.line2, &edit.line2),
            (&mut self.region, &edit.region),
            (&mut self.phone, &edit.phone),
        ];
        for (field, said) in optional {
            if said.is_some() {
                field.clone_from(said);
            }
        }
        self
    }
}

/// What was found wrong so far.
#[derive(Default)]
struct Check(Vec<FieldError>);

impl Check {
    fn wrong(&mut self, field: &'static str, code: &'static str, message: &'static str) {
        self.0.push(FieldError { field: field.into(), code, message: message.into() });
    }

    fn needed(&mut self, field: &'static str, text: &str) -> String {
        if text.trim().is_empty() {
            self.wrong(field, "missing", "this field is needed");
        }
        self.line(field, text)
    }

    fn optional(&mut self, field: &'static str, text: Option<String>) -> Option<String> {
        let text = text.map(|text| self.line(field, &text));
        text.filter(|text| !text.is_empty())
    }

    fn line(&mut self, field: &'static str, text: &str) -> String {
        let text = text.trim();
        if text.chars().count() > LINE_CHARS_MAX {
            self.wrong(field, "too_long", "at most 200 characters fit");
        } else if text.chars().any(char::is_control) {
            self.wrong(field, "invalid_characters", "control characters do not belong here");
        }
        text.to_owned()
    }

    fn postal_code(&mut self, country: &str, text: &str) -> String {
        let before = self.0.len();
        let text = self.line("postal_code", text);
        if self.0.len() > before {
            return text;
        }
        if text.is_empty() {
            if country::needs_postal_code(country) {
                self.wrong("postal_code", "missing", "this country needs a postal code");
            }
            return text;
        }
        let code = country::postal_code(country, &text);
        if code.is_none() {
            let message = "this is no postal code of the country";
            self.wrong("postal_code", "invalid_postal_code", message);
        }
        code.unwrap_or(text)
    }

    fn phone(&mut self, text: Option<String>) -> Option<String> {
        let text = text.filter(|text| !text.trim().is_empty())?;
        match Phone::parse(&text) {
            Ok(phone) => Some(phone.as_str().to_owned()),
            Err(_) => {
                self.wrong("phone", "invalid_phone", Phone::RULE);
                None
            }
        }
    }
}

/// An address that a user keeps. Of all that somebody keeps, one is the default.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
#[schema(as = SavedAddress)]
pub struct Saved {
    pub id: AddressId,
    #[serde(flatten)]
    pub address: Address,
    pub is_default: bool,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

/// What is to become of a saved address. What is left out stays, and null empties a field.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, utoipa::ToSchema)]
#[serde(default, deny_unknown_fields)]
#[schema(as = EditAddress)]
pub struct Edit {
    #[serde(deserialize_with = "text")]
    pub name: Option<String>,
    #[serde(deserialize_with = "text")]
    pub line1: Option<String>,
    #[serde(deserialize_with = "text")]
    pub line2: Option<String>,
    #[serde(deserialize_with = "text")]
    pub city: Option<String>,
    #[serde(deserialize_with = "text")]
    pub region: Option<String>,
    #[serde(deserialize_with = "text")]
    pub postal_code: Option<String>,
    #[serde(deserialize_with = "text")]
    pub country: Option<String>,
    #[serde(deserialize_with = "text")]
    pub phone: Option<String>,
    /// True makes it the default; the one that was is not any more.
    pub is_default: Option<bool>,
}

/// A null empties the field, which is not what a field that is left out does.
fn text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    Ok(Some(Option::deserialize(deserializer)?.unwrap_or_default()))
}

impl Edit {
    /// The fields that it names.
    pub fn named(&self) -> Vec<&'static str> {
        let fields = [
            ("name", self.name.is_some()),
            ("line1", self.line1.is_some()),
            ("line2", self.line2.is_some()),
            ("city", self.city.is_some()),
            ("region", self.region.is_some()),
            ("postal_code", self.postal_code.is_some()),
            ("country", self.country.is_some()),
            ("phone", self.phone.is_some()),
            ("is_default", self.is_default.is_some()),
        ];
        fields.into_iter().filter(|(_, is_named)| *is_named).map(|(field, _)| field).collect()
    }
}

impl Saved {
    /// The address as `edit` has it; `Conflict` where it would leave no default.
    pub fn after(self, edit: &Edit, now: DateTime<Utc>) -> Result<Self, Error> {
        let is_default = edit.is_default.unwrap_or(self.is_default);
        if self.is_default && !is_default {
            let message = "one address is the default: make another one it instead";
            return Err(Error::conflict("default_address_needed", message));
        }
        let address = self.address.edited(edit).checked()?;
        Ok(Saved { address, is_default, updated_at: now, ..self })
    }
}

/// Keeps an address. The first one is the default in any case; `Conflict("too_many_addresses")`
/// where there are [`SAVED_MAX`].
#[derive(Debug, Clone)]
pub struct Save {
    pub id: AddressId,
    pub user: UserId,
    /// A checked one.
    pub address: Address,
    /// Whether it is the default from now on, instead of the one that was.
    pub is_default: bool,
}

/// Changes an address of `user`.
#[derive(Debug, Clone)]
pub struct Change {
    pub id: AddressId,
    pub user: UserId,
    pub edit: Edit,
}

/// Forgets an address of `user`. After the default, the newest one is the default.
#[derive(Debug, Clone, Copy)]
pub struct Delete {
    pub id: AddressId,
    pub user: UserId,
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn address(country: &str, region: Option<&str>, postal_code: &str) -> Address {
        Address {
            name: "Ada Byron".to_owned(),
            line1: "Lindenstr. 5".to_owned(),
            line2: None,
            city: "Berlin".to_owned(),
            region: region.map(str::to_owned),
            postal_code: postal_code.to_owned(),
            country: country.to_owned(),
            phone: None,
        }
    }

    fn wrong(address: Address) -> Vec<(String, &'static str)> {
        match address.checked() {
            Ok(_) => Vec::new(),
            Err(Error::Invalid(all)) => {
                all.into_iter().map(|it| (it.field.into_owned(), it.code)).collect()
            }
            Err(other) => panic!("{other:?}"),
        }
    }

    fn saved(is_default: bool) -> Saved {
        let now = DateTime::UNIX_EPOCH;
        let address =
            Address { line2: Some("Hinterhof".to_owned()), ..address("DE", None, "10969") };
        Saved { id: AddressId::new(), address, is_default, created_at: now, updated_at: now }
    }

    #[test]
    fn every_wrong_field_of_an_address_is_named() {
        let address = Address {
            name: " ".to_owned(),
            line1: "x".repeat(201),
            line2: Some("\u{7}".to_owned()),
            phone: Some("030 1234567".to_owned()),
            ..address("de", None, "10969")
        };

        let expected = [
            ("name", "missing"),
            ("line1", "too_long"),
            ("line2", "invalid_characters"),
            ("country", "unknown_country"),
            ("phone", "invalid_phone"),
        ];
        assert_eq!(wrong(address), expected.map(|(field, code)| (field.to_owned(), code)));
    }

    #[test]
    fn what_is_needed_depends_on_the_country() {
        type Case<'a> = (&'a str, Option<&'a str>, &'a str, &'a [(&'a str, &'a str)]);
        let cases: [Case<'_>; 12] = [
            ("DE", None, "10969", &[]),
            ("DE", None, "", &[("postal_code", "missing")]),
            ("DE", None, "1010", &[("postal_code", "invalid_postal_code")]),
            ("AT", None, "1010", &[]),
            ("US", Some("CA"), "95014", &[]),
            ("US", Some(" "), "95014", &[("region", "missing")]),
            ("US", None, "950", &[("region", "missing"), ("postal_code", "invalid_postal_code")]),
            ("IT", None, "00144", &[("region", "missing")]),
            ("IE", None, "", &[]),
            ("IE", None, "D02", &[("postal_code", "invalid_postal_code")]),
            ("HK", Some("Kowloon"), "", &[]),
            ("XX", None, "", &[("country", "unknown_country")]),
        ];
        for (country, region, code, expected) in cases {
            let expected: Vec<_> =
                expected.iter().map(|(field, code)| ((*field).to_owned(), *code)).collect();
            assert_eq!(wrong(address(country, region, code)), expected, "{country} {code:?}");
        }
    }

    #[test]
    fn an_address_is_kept_as_it_would_be_printed() {
        let typed = Address {
            name: " Ada Byron ".to_owned(),
            line2: Some("  ".to_owned()),
            phone: Some("+49 (30) 1234567".to_owned()),
            ..address("CA", Some("ON"), "k1a0b1")
        };

        let kept = typed.checked().unwrap();

        assert_eq!((kept.name.as_str(), kept.line2.as_deref()), ("Ada Byron", None));
        assert_eq!(kept.postal_code, "K1A 0B1");
        assert_eq!(kept.phone.as_deref(), Some("+49301234567"));
        assert_eq!(kept.clone().checked().unwrap(), kept);
    }

    #[test]
    fn an_edit_changes_what_it_names_and_a_null_empties() {
        let edit: Edit = serde_json::from_value(json!({ "city": "Bonn", "line2": null })).unwrap();

        let after = saved(false).after(&edit, DateTime::UNIX_EPOCH).unwrap().address;

        assert_eq!((after.city.as_str(), after.line2.as_deref()), ("Bonn", None));
        assert_eq!((after.name.as_str(), after.postal_code.as_str()), ("Ada Byron", "10969"));
    }

    #[test]
    fn an_edit_is_checked_together_with_what_stays() {
        let edit = |json| serde_json::from_value::<Edit>(json).unwrap();
        let refused = |json| saved(false).after(&edit(json), DateTime::UNIX_EPOCH).is_err();

        assert!(refused(json!({ "country": "AT" })));
        assert!(refused(json!({ "name": null })));
        assert!(!refused(json!({ "country": "AT", "postal_code": "1010" })));
    }

    #[test]
    fn one_address_stays_the_default() {
        let edit = |is_default| Edit { is_default, ..Edit::default() };
        let after = |now: bool, said| {
            let after = saved(now).after(&edit(said), DateTime::UNIX_EPOCH);
            after.map(|it| it.is_default).map_err(|err| err.code().to_owned())
        };

        assert_eq!(after(true, Some(false)), Err("default_address_needed".to_owned()));
        assert_eq!(after(true, None), Ok(true));
        assert_eq!(after(false, None), Ok(false));
        assert_eq!(after(false, Some(true)), Ok(true));
    }
}
