//! JSON as the browser itself reads it.
//!
//! serde's reader of the few types that come from the shop would be a good part of the wasm. What
//! the browser sends is written by serde all the same: a writer is small.

use std::str::FromStr;

use js_sys::{Array, JSON, Object, Reflect};
use serde::Serialize;
use wasm_bindgen::{JsCast, JsValue};

/// A value that is not null.
#[derive(Debug, Clone)]
pub(crate) struct Json(JsValue);

impl Json {
    /// What a text says; none where it is no JSON, or null.
    pub(crate) fn read(text: &str) -> Option<Self> {
        Self::some(JSON::parse(text).ok()?)
    }

    fn some(value: JsValue) -> Option<Self> {
        (!value.is_null() && !value.is_undefined()).then_some(Self(value))
    }

    /// An object's member; none where there is none, or null.
    pub(crate) fn member(&self, name: &str) -> Option<Self> {
        Self::some(Reflect::get(&self.0, &name.into()).ok()?)
    }

    /// A text.
    pub(crate) fn text(&self) -> Option<String> {
        self.0.as_string()
    }

    /// A text that says something.
    pub(crate) fn parsed<T: FromStr>(&self) -> Option<T> {
        self.text()?.parse().ok()
    }

    /// A number.
    pub(crate) fn number(&self) -> Option<f64> {
        self.0.as_f64()
    }

    /// A whole number.
    pub(crate) fn integer(&self) -> Option<i32> {
        let number = self.number()?;
        let integer = number as i32;
        (f64::from(integer) == number).then_some(integer)
    }

    /// What is in an array.
    pub(crate) fn items(&self) -> Option<Vec<Self>> {
        let array: &Array = self.0.dyn_ref()?;
        array.iter().map(Self::some).collect()
    }
}

/// An object of such members.
pub(crate) fn object(members: &[(&str, JsValue)]) -> JsValue {
    let object = Object::new();
    for (name, value) in members {
        // A new object takes every member.
        let _ = Reflect::set(&object, &(*name).into(), value);
    }
    object.into()
}

/// A value as a text.
pub(crate) fn written(value: &impl Serialize) -> Option<String> {
    serde_json::to_string(value).ok()
}
