//! Whether definitions make sense, and whether values are what they say.

use std::collections::{BTreeMap, HashSet};

use super::attribute::{ATTRIBUTES_MAX, Definition, Kind, NAME_CHARS_MAX, TEXT_CHARS_MAX, Value};
use crate::domain::patch::Wrong;

/// The longest unit, in characters.
pub const UNIT_CHARS_MAX: usize = 20;
/// The most choices of an enumeration: a list that somebody still reads.
pub const CHOICES_MAX: usize = 200;

/// Why a value is not what its definition says: a word for programs and a sentence for people.
pub type Misfit = (&'static str, String);

impl Definition {
    /// The value as it is kept, if it is one of this attribute. A number may be said with its unit
    /// or without.
    pub fn take(&self, value: &Value) -> Result<Value, Misfit> {
        match (self.kind, value) {
            (Kind::Text, Value::Text(text)) => is_text(text).map(|()| value.clone()),
            (Kind::Boolean, Value::Flag(_)) => Ok(value.clone()),
            (Kind::Enumeration, Value::Text(text)) if self.choices.contains(text) => {
                Ok(value.clone())
            }
            (Kind::Enumeration, Value::Text(_)) => {
                Err(("not_a_choice", format!("one of these: {}", self.choices.join(", "))))
            }
            (Kind::Number, Value::Number(number)) => Ok(match &self.unit {
                Some(unit) => Value::Measure { value: *number, unit: unit.clone() },
                None => value.clone(),
            }),
            (Kind::Number, Value::Measure { unit, .. }) if self.unit.as_ref() == Some(unit) => {
                Ok(value.clone())
            }
            (Kind::Number, Value::Measure { .. }) => {
                Err(("wrong_unit", "this attribute is given in another unit".to_owned()))
            }
            (Kind::Text | Kind::Number | Kind::Enumeration | Kind::Boolean, _) => {
                Err(("wrong_type", format!("this attribute is {}", article(self.kind))))
            }
        }
    }

    /// Whether a value that is kept is one of this attribute as it stands.
    pub fn holds(&self, value: &Value) -> bool {
        self.take(value).as_ref() == Ok(value)
    }

    fn checked(self, at: usize, wrong: &mut Wrong) -> Self {
        let place = |field: &str| format!("attributes[{at}].{field}");
        let name = wrong.needed(&place("name"), &self.name, NAME_CHARS_MAX);
        let unit = self.unit.map(|it| wrong.needed(&place("unit"), &it, UNIT_CHARS_MAX));
        if unit.is_some() && self.kind != Kind::Number {
            wrong.add(place("unit"), "not_a_number", "only a number has a unit");
        }
        match (self.kind, self.choices.len()) {
            (Kind::Enumeration, 1..=CHOICES_MAX) => {}
            (Kind::Enumeration, _) => {
                wrong.add(place("choices"), "out_of_range", "an enumeration has 1 to 200 choices");
            }
            (Kind::Text | Kind::Number | Kind::Boolean, 0) => {}
            (Kind::Text | Kind::Number | Kind::Boolean, _) => {
                wrong.add(place("choices"), "no_enumeration", "only an enumeration has choices");
            }
        }
        let mut seen = HashSet::new();
        let mut choices = Vec::with_capacity(self.choices.len());
        for (number, choice) in self.choices.iter().enumerate() {
            let field = place(&format!("choices[{number}]"));
            let choice = wrong.needed(&field, choice, TEXT_CHARS_MAX);
            if !seen.insert(choice.to_lowercase()) {
                wrong.add(field, "duplicate", "this choice stands here twice");
            }
            choices.push(choice);
        }
        Definition { name, unit, choices, ..self }
    }
}

fn is_text(text: &str) -> Result<(), Misfit> {
    let mut wrong = Wrong::default();
    match wrong.needed("", text, TEXT_CHARS_MAX) == text && wrong.none().is_ok() {
        true => Ok(()),
        false => Err(("invalid_value", "a line of 1 to 200 characters".to_owned())),
    }
}

fn article(kind: Kind) -> &'static str {
    match kind {
        Kind::Text => "a text",
        Kind::Number => "a number",
        Kind::Enumeration => "one of a list of texts",
        Kind::Boolean => "true or false",
    }
}

/// Two names that differ in case alone would be one for whoever reads them.
pub fn is_same(one: &str, other: &str) -> bool {
    one.to_lowercase() == other.to_lowercase()
}

/// The definitions of one category as they are kept.
pub fn checked(all: &[Definition], wrong: &mut Wrong) -> Vec<Definition> {
    if all.len() > ATTRIBUTES_MAX {
        wrong.add("attributes", "too_many", "a product has at most 50 attributes");
        return Vec::new();
    }
    let mut kept: Vec<Definition> = Vec::with_capacity(all.len());
    for (at, definition) in all.iter().enumerate() {
        let definition = definition.clone().checked(at, wrong);
        if kept.iter().any(|it| is_same(&it.name, &definition.name)) {
            let field = format!("attributes[{at}].name");
            wrong.add(field, "duplicate", "this attribute stands here twice");
        }
        kept.push(definition);
    }
    kept
}

/// What products must keep to from now on that they need not have before.
pub fn demands(before: &[Definition], after: &[Definition]) -> Vec<Definition> {
    let is_new = |it: &&Definition| {
        let known = before.iter().find(|known| known.name == it.name);
        known.is_none_or(|known| known != *it)
    };
    after.iter().filter(is_new).cloned().collect()
}

/// The first of `demands` that a product with these values does not keep to. What has no definition
/// may be there; what is required must be there once the product is published.
pub fn unmet<'a>(
    demands: &'a [Definition],
    values: &BTreeMap<String, Value>,
    is_published: bool,
) -> Option<&'a Definition> {
    demands.iter().find(|definition| match values.get(&definition.name) {
        Some(value) => !definition.holds(value),
        None => definition.required && is_published,
    })
}

/// Makes `values` those that a product with these definitions is kept with, or says which of them
/// it cannot be. What has no definition stays as it is.
pub fn fit<'a>(
    definitions: &'a [Definition],
    values: &mut BTreeMap<String, Value>,
    is_published: bool,
) -> Result<(), (&'a Definition, Misfit)> {
    for definition in definitions {
        match values.get_mut(&definition.name) {
            Some(value) => {
                *value = definition.take(value).map_err(|misfit| (definition, misfit))?
            }
            None if definition.required && is_published => {
                let message = "a published product needs this attribute".to_owned();
                return Err((definition, ("required", message)));
            }
            None => {}
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn definition(json: serde_json::Value) -> Definition {
        serde_json::from_value(json).unwrap()
    }

    fn taken(of: &Definition, value: serde_json::Value) -> Result<Value, &'static str> {
        of.take(&serde_json::from_value(value).unwrap()).map_err(|(code, _)| code)
    }

    #[test]
    fn a_value_is_of_the_kind_that_its_attribute_has() {
        let text = definition(json!({ "name": "Material", "kind": "text" }));
        let number = definition(json!({ "name": "Rooms", "kind": "number" }));
        let measure = definition(json!({ "name": "Volume", "kind": "number", "unit": "l" }));
        let choices = json!({ "name": "Size", "kind": "enumeration", "choices": ["S", "M"] });
        let choice = definition(choices);
        let flag = definition(json!({ "name": "Waterproof", "kind": "boolean" }));

        assert_eq!(taken(&text, json!("Oak")), Ok(Value::text("Oak")));
        assert_eq!(taken(&choice, json!("S")), Ok(Value::text("S")));
        assert_eq!(taken(&flag, json!(false)), Ok(Value::Flag(false)));
        assert!(matches!(taken(&number, json!(2.5)), Ok(Value::Number(_))));
        let liters = taken(&measure, json!({ "value": 2, "unit": "l" })).unwrap();
        assert_eq!(taken(&measure, json!(2)), Ok(liters));

        assert_eq!(taken(&measure, json!({ "value": 2, "unit": "ml" })), Err("wrong_unit"));
        assert_eq!(taken(&number, json!({ "value": 2, "unit": "l" })), Err("wrong_unit"));
        assert_eq!(taken(&choice, json!("XL")), Err("not_a_choice"));
        for (of, wrong) in [
            (&text, json!(7)),
            (&text, json!(true)),
            (&number, json!("7")),
            (&choice, json!(7)),
            (&flag, json!("true")),
        ] {
            assert_eq!(taken(of, wrong), Err("wrong_type"));
        }
        for wrong in ["", " ", " Oak", "a\nb", &"a".repeat(TEXT_CHARS_MAX + 1)] {
            assert_eq!(taken(&text, json!(wrong)), Err("invalid_value"));
        }
    }

    #[test]
    fn a_number_that_is_kept_holds_with_its_unit_alone() {
        let measure = definition(json!({ "name": "Volume", "kind": "number", "unit": "l" }));
        let kept = |json| serde_json::from_value::<Value>(json).unwrap();

        assert!(measure.holds(&kept(json!({ "value": 2, "unit": "l" }))));
        assert!(!measure.holds(&kept(json!(2))));
    }

    #[test]
    fn values_are_kept_as_they_are_defined_or_the_first_that_is_wrong_is_told() {
        let measure = json!({ "name": "Volume", "kind": "number", "unit": "l" });
        let text = json!({ "name": "Material", "kind": "text", "required": true });
        let all = [measure, text].map(definition);
        let fitted = |values: serde_json::Value, is_published| {
            let mut values = serde_json::from_value(values).unwrap();
            let outcome = fit(&all, &mut values, is_published);
            outcome.map(|()| json!(values)).map_err(|(of, (code, _))| (of.name.as_str(), code))
        };

        let kept = json!({ "Volume": { "value": 2, "unit": "l" }, "Odd": 2 });
        assert_eq!(fitted(json!({ "Volume": 2, "Odd": 2 }), false), Ok(kept));
        assert_eq!(fitted(json!({ "Volume": 2 }), true), Err(("Material", "required")));
        let wrong = json!({ "Volume": true, "Material": 7 });
        assert_eq!(fitted(wrong, true), Err(("Volume", "wrong_type")));
    }

    #[test]
    fn definitions_that_make_no_sense_are_told_all_at_once() {
        let all = [
            json!({ "name": "", "kind": "text" }),
            json!({ "name": "Size", "kind": "enumeration" }),
            json!({ "name": "size", "kind": "text", "unit": "l" }),
            json!({ "name": "Fit", "kind": "enumeration", "choices": ["Slim", "slim"] }),
            json!({ "name": "Care", "kind": "text", "choices": ["Dry"] }),
        ];
        let all: Vec<Definition> = all.into_iter().map(definition).collect();
        let mut wrong = Wrong::default();

        checked(&all, &mut wrong);

        let Err(crate::domain::Error::Invalid(errors)) = wrong.none() else { panic!("taken") };
        let fields: Vec<(&str, &str)> =
            errors.iter().map(|it| (it.field.as_ref(), it.code)).collect();
        assert_eq!(
            fields,
            [
                ("attributes[0].name", "missing"),
                ("attributes[1].choices", "out_of_range"),
                ("attributes[2].unit", "not_a_number"),
                ("attributes[2].name", "duplicate"),
                ("attributes[3].choices[1]", "duplicate"),
                ("attributes[4].choices", "no_enumeration"),
            ]
        );
    }

    #[test]
    fn only_what_is_demanded_anew_can_be_unmet() {
        let plain = definition(json!({ "name": "Material", "kind": "text" }));
        let required = definition(json!({ "name": "Material", "kind": "text", "required": true }));
        let number = definition(json!({ "name": "Material", "kind": "number" }));
        let oak = BTreeMap::from([("Material".to_owned(), Value::text("Oak"))]);
        let nothing = BTreeMap::new();

        let all = std::slice::from_ref(&plain);
        assert!(demands(all, all).is_empty() && demands(all, &[]).is_empty());
        let demanded = demands(all, std::slice::from_ref(&required));
        assert_eq!(unmet(&demanded, &nothing, true), Some(&required));
        assert_eq!(unmet(&demanded, &nothing, false), None);
        assert_eq!(unmet(&demanded, &oak, true), None);
        let demanded = demands(all, std::slice::from_ref(&number));
        assert_eq!(unmet(&demanded, &oak, false), Some(&number));
        assert_eq!(unmet(&demanded, &nothing, true), None);
    }
}
