//! The countries, and what their posts want of an address.
//!
//! The list is ISO 3166-1. The shapes of postal codes and what is needed where are those of
//! libaddressinput (`region_data_constants.cc`, Google's address data, read in November 2026). A
//! shape finds typing errors; whether there is such a code, only the post knows.

/// The two letters of ISO 3166-1 of every country, sorted.
#[rustfmt::skip]
const COUNTRIES: [&str; 249] = [
    "AD", "AE", "AF", "AG", "AI", "AL", "AM", "AO", "AQ", "AR", "AS", "AT", "AU", "AW", "AX", "AZ",
    "BA", "BB", "BD", "BE", "BF", "BG", "BH", "BI", "BJ", "BL", "BM", "BN", "BO", "BQ", "BR", "BS",
    "BT", "BV", "BW", "BY", "BZ", "CA", "CC", "CD", "CF", "CG", "CH", "CI", "CK", "CL", "CM", "CN",
    "CO", "CR", "CU", "CV", "CW", "CX", "CY", "CZ", "DE", "DJ", "DK", "DM", "DO", "DZ", "EC", "EE",
    "EG", "EH", "ER", "ES", "ET", "FI", "FJ", "FK", "FM", "FO", "FR", "GA", "GB", "GD", "GE", "GF",
    "GG", "GH", "GI", "GL", "GM", "GN", "GP", "GQ", "GR", "GS", "GT", "GU", "GW", "GY", "HK", "HM",
    "HN", "HR", "HT", "HU", "ID", "IE", "IL", "IM", "IN", "IO", "IQ", "IR", "IS", "IT", "JE", "JM",
    "JO", "JP", "KE", "KG", "KH", "KI", "KM", "KN", "KP", "KR", "KW", "KY", "KZ", "LA", "LB", "LC",
    "LI", "LK", "LR", "LS", "LT", "LU", "LV", "LY", "MA", "MC", "MD", "ME", "MF", "MG", "MH", "MK",
    "ML", "MM", "MN", "MO", "MP", "MQ", "MR", "MS", "MT", "MU", "MV", "MW", "MX", "MY", "MZ", "NA",
    "NC", "NE", "NF", "NG", "NI", "NL", "NO", "NP", "NR", "NU", "NZ", "OM", "PA", "PE", "PF", "PG",
    "PH", "PK", "PL", "PM", "PN", "PR", "PS", "PT", "PW", "PY", "QA", "RE", "RO", "RS", "RU", "RW",
    "SA", "SB", "SC", "SD", "SE", "SG", "SH", "SI", "SJ", "SK", "SL", "SM", "SN", "SO", "SR", "SS",
    "ST", "SV", "SX", "SY", "SZ", "TC", "TD", "TF", "TG", "TH", "TJ", "TK", "TL", "TM", "TN", "TO",
    "TR", "TT", "TV", "TW", "TZ", "UA", "UG", "UM", "US", "UY", "UZ", "VA", "VC", "VE", "VG", "VI",
    "VN", "VU", "WF", "WS", "YE", "YT", "ZA", "ZM", "ZW",
];

/// Where an address is not whole without its region: a state, a province, a prefecture.
#[rustfmt::skip]
const REGION_NEEDED: [&str; 36] = [
    "AE", "AS", "AU", "BR", "CA", "CN", "CO", "CR", "ES", "FM", "HK", "HN", "ID", "IN", "IQ", "IT",
    "JM", "JP", "KN", "KR", "KY", "MH", "MP", "MX", "NR", "PF", "PG", "PW", "RU", "SO", "SV", "TW",
    "UM", "US", "VE", "VI",
];

/// Where a letter does not arrive without a postal code. Elsewhere there is none, or it is hardly
/// used.
#[rustfmt::skip]
const POSTAL_CODE_NEEDED: [&str; 74] = [
    "AS", "AT", "AU", "AX", "BE", "BL", "BR", "CA", "CH", "CN", "CZ", "DE", "DK", "EE", "ES", "FI",
    "FK", "FM", "FR", "GB", "GF", "GG", "GL", "GP", "GR", "GS", "GU", "HU", "IM", "IN", "IO", "IT",
    "JE", "JP", "KR", "LI", "LT", "LU", "LV", "MF", "MH", "MP", "MQ", "MX", "MY", "NC", "NL", "NO",
    "NZ", "PF", "PL", "PM", "PN", "PR", "PT", "PW", "RE", "RO", "RU", "SE", "SG", "SH", "SJ", "SK",
    "SM", "TC", "TR", "TW", "UA", "US", "VI", "WF", "YT", "ZA",
];

/// The shapes of postal codes: `#` is a digit, `@` a letter, `*` either, anything else itself.
#[rustfmt::skip]
const SHAPES: [(&[&str], &[&str]); 70] = [
    (&["###"], &["FO", "GN", "IS", "LS", "MG", "OM", "PG"]),
    (&["###", "####"], &["BH"]),
    (&["###", "#####", "######"], &["TW"]),
    (&["####"], &[
        "AF", "AL", "AT", "AU", "AZ", "BD", "BE", "BG", "CH", "CV", "CY", "DK", "ET", "GE", "GW",
        "HM", "HT", "HU", "LR", "LU", "MD", "MK", "MZ", "NE", "NO", "NZ", "PH", "PY", "SI", "SJ",
        "TN", "VE", "ZA",
    ]),
    (&["####", "37####"], &["AM"]),
    (&["####", "@####", "@####@@@"], &["AR"]),
    (&["####", "#####"], &["TZ"]),
    (&["####", "#####", "###-####"], &["CR"]),
    (&["####", "#### ####"], &["LB"]),
    (&["#####"], &[
        "BA", "BT", "CU", "DE", "DO", "DZ", "EE", "EG", "EH", "ES", "FI", "FR", "GT", "HN", "HR",
        "ID", "IQ", "IT", "JO", "KE", "KR", "KW", "LA", "LK", "LT", "MA", "MM", "MN", "MV", "MX",
        "MY", "NA", "NI", "NP", "PK", "SA", "SD", "SN", "TH", "TR", "UA", "UY", "ZM",
    ]),
    (&["#####", "######"], &["KH", "RS", "VN"]),
    (&["#####", "#######"], &["IL"]),
    (&["#####", "###@@###"], &["MU"]),
    (&["#####", "#####-####"], &["US"]),
    (&["#####", "LIMA #", "LIMA ##", "CALLAO #", "CALLAO 0#"], &["PE"]),
    (&["######"], &[
        "BY", "CN", "CO", "EC", "IN", "KG", "KZ", "NG", "RO", "RU", "SG", "TJ", "TM", "UZ",
    ]),
    (&["#######"], &["CL"]),
    (&["##-###"], &["PL"]),
    (&["### ##"], &["CZ", "GR", "SE", "SK"]),
    (&["###-####"], &["JP"]),
    (&["####-###"], &["PT"]),
    (&["#### @@"], &["NL"]),
    (&["#####-###"], &["BR"]),
    (&["#####-#####"], &["IR"]),
    (&["*** ****"], &["IE"]),
    (&["@###"], &["SZ"]),
    (&["@#@ #@#"], &["CA"]),
    (&["@@ **"], &["BM"]),
    (&["@@####"], &["BN"]),
    (&["@@ #####"], &["SO"]),
    (&["@@@ ##", "@@@ ###", "@@@ ####"], &["MT"]),
    (&[
        "@# #@@", "@## #@@", "@#@ #@@", "@@# #@@", "@@## #@@", "@@#@ #@@", "GIR 0AA",
        "BFPO #", "BFPO ##", "BFPO ###", "BFPO ####",
    ], &["GB"]),
    (&["GY# #@@", "GY## #@@"], &["GG"]),
    (&["IM# #@@", "IM## #@@"], &["IM"]),
    (&["JE# #@@", "JE## #@@"], &["JE"]),
    (&["AD###"], &["AD"]),
    (&["AI-2640", "2640"], &["AI"]),
    (&["96799", "96799-####"], &["AS"]),
    (&["969##", "969##-####"], &["FM", "GU", "MH", "MP", "PW"]),
    (&["00###", "00###-####"], &["PR"]),
    (&["008##", "008##-####"], &["VI"]),
    (&["96898"], &["UM"]),
    (&["22###"], &["AX"]),
    (&["39##"], &["GL"]),
    (&["94##"], &["LI"]),
    (&["8####"], &["ME"]),
    (&["980##"], &["MC"]),
    (&["4789#"], &["SM"]),
    (&["00120"], &["VA"]),
    (&["97###", "98###"], &["BL", "GF", "GP", "MF", "MQ", "PM", "RE"]),
    (&["976##"], &["YT"]),
    (&["986##"], &["WF"]),
    (&["987##"], &["PF"]),
    (&["988##"], &["NC"]),
    (&["2899"], &["NF"]),
    (&["6798"], &["CX"]),
    (&["6799"], &["CC"]),
    (&["ASCN 1ZZ", "STHL 1ZZ", "TDCU 1ZZ"], &["SH"]),
    (&["BB#####"], &["BB"]),
    (&["BBND 1ZZ"], &["IO"]),
    (&["CP ####"], &["SV"]),
    (&["FIQQ 1ZZ"], &["FK"]),
    (&["GX11 1AA"], &["GI"]),
    (&["KY#-####"], &["KY"]),
    (&["LV-####"], &["LV"]),
    (&["PCRN 1ZZ"], &["PN"]),
    (&["SIQQ 1ZZ"], &["GS"]),
    (&["TKCA 1ZZ"], &["TC"]),
    (&["VC####"], &["VC"]),
    (&["VG####"], &["VG"]),
];

/// Whether these are the two capital letters of a country.
pub fn exists(code: &str) -> bool {
    COUNTRIES.binary_search(&code).is_ok()
}

pub fn needs_region(country: &str) -> bool {
    REGION_NEEDED.contains(&country)
}

pub fn needs_postal_code(country: &str) -> bool {
    POSTAL_CODE_NEEDED.contains(&country)
}

/// The postal code as the country's post writes it, or none where it is not one of theirs. How it
/// was spaced and in which letters does not matter, nor does the country's own code before it
/// (`DE-10969`). Where no shape is known, any code will do.
pub fn postal_code(country: &str, text: &str) -> Option<String> {
    let Some((shapes, _)) = SHAPES.iter().find(|(_, of)| of.contains(&country)) else {
        return Some(text.trim().to_owned());
    };
    let bare: String = text.chars().filter(|c| !c.is_whitespace() && *c != '-').collect();
    let bare = bare.to_ascii_uppercase();
    let fits = |bare: &str| shapes.iter().find_map(|shape| written(shape, bare));
    fits(&bare).or_else(|| fits(bare.strip_prefix(country)?))
}

/// The bare letters and digits with the gaps of `shape`, if they are of that shape.
fn written(shape: &str, bare: &str) -> Option<String> {
    let (mut bare, mut text) = (bare.chars(), String::with_capacity(shape.len()));
    for place in shape.chars() {
        let fits: fn(char, char) -> bool = match place {
            ' ' | '-' => {
                text.push(place);
                continue;
            }
            '#' => |_, c| c.is_ascii_digit(),
            '@' => |_, c| c.is_ascii_uppercase(),
            '*' => |_, c| c.is_ascii_digit() || c.is_ascii_uppercase(),
            _ => |place, c| place == c,
        };
        text.push(bare.next().filter(|c| fits(place, *c))?);
    }
    bare.next().is_none().then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(country: &str, text: &str) -> Option<String> {
        postal_code(country, text)
    }

    #[test]
    fn a_code_is_written_as_its_post_writes_it_however_it_was_typed() {
        let same = [
            ("DE", "10969", "10969"),
            ("DE", " DE-10969 ", "10969"),
            ("CA", "k1a0b1", "K1A 0B1"),
            ("GB", "ec1a1hq", "EC1A 1HQ"),
            ("GB", "M2-5BQ", "M2 5BQ"),
            ("GB", "W1A 4ZZ", "W1A 4ZZ"),
            ("NL", "1234ab", "1234 AB"),
            ("NL", "NL 1234 AB", "1234 AB"),
            ("SE", "11455", "114 55"),
            ("PL", "00950", "00-950"),
            ("PT", "2725 079", "2725-079"),
            ("JP", "1540023", "154-0023"),
            ("BR", "40301110", "40301-110"),
            ("US", "95014", "95014"),
            ("US", "221621010", "22162-1010"),
            ("IE", "a65f4e2", "A65 F4E2"),
            ("LV", "lv1073", "LV-1073"),
            ("KY", "KY1 1100", "KY1-1100"),
            ("AR", "c1070aam", "C1070AAM"),
            ("MT", "nxr01", "NXR 01"),
            ("SH", "sthl1zz", "STHL 1ZZ"),
            ("AD", "AD100", "AD100"),
        ];
        for (country, typed, written) in same {
            assert_eq!(code(country, typed).as_deref(), Some(written), "{country} {typed}");
            assert_eq!(code(country, written).as_deref(), Some(written), "{country} {written}");
        }
    }

    #[test]
    fn a_code_of_another_shape_is_refused() {
        let wrong = [
            ("DE", "1096"),
            ("DE", "109699"),
            ("DE", "1O969"),
            ("DE", "AT-10969"),
            ("DE", "DE"),
            ("DE", "DE-DE-10969"),
            ("DE", "１０９６９"),
            ("AT", "10969"),
            ("CA", "K1A 0B"),
            ("CA", "1K1 A0B"),
            ("GB", "EC1A 1H"),
            ("US", "9501"),
            ("US", "95014-12"),
            ("JP", "154-002"),
            ("MC", "75001"),
            ("LV", "1073-"),
        ];
        for (country, typed) in wrong {
            assert_eq!(code(country, typed), None, "{country} {typed}");
        }
    }

    #[test]
    fn where_no_shape_is_known_any_code_will_do() {
        assert_eq!(code("HK", " 999077 ").as_deref(), Some("999077"));
    }

    #[test]
    fn the_list_is_sorted_and_every_rule_is_of_a_country_with_one_shape() {
        assert!(COUNTRIES.is_sorted());
        let shaped: Vec<&str> = SHAPES.iter().flat_map(|(_, of)| of.iter().copied()).collect();
        let needing = REGION_NEEDED.iter().chain(&POSTAL_CODE_NEEDED).copied();
        for country in needing.chain(shaped.iter().copied()) {
            assert!(exists(country), "{country}");
        }
        for country in POSTAL_CODE_NEEDED {
            assert_eq!(shaped.iter().filter(|it| **it == country).count(), 1, "{country}");
        }
        for wrong in ["", "de", "D", "DEU", "XX", "ZZ", "UK"] {
            assert!(!exists(wrong), "{wrong}");
        }
    }
}
