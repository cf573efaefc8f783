//! The XML that a token of Marlin Broadband's comes in (API section 2, "Marlin Broadband").

use std::{fmt, str::FromStr};

use base64::{Engine, engine::general_purpose::STANDARD};
use roxmltree::{Document, Node};

use crate::{Token, base64url};

/// The namespace of an action token.
pub const NAMESPACE: &str = "urn:marlin:broadband:1-2:nemo:services:action-token";

/// What redeeming an action token does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ActionKind {
    /// Registers the device to a user.
    Registration,
    /// Acquires a licence.
    LicenseAcquisition,
    /// Takes the device from a user again.
    Deregistration,
}

impl ActionKind {
    /// Every kind.
    pub const ALL: [Self; 3] = [
        Self::Registration,
        Self::LicenseAcquisition,
        Self::Deregistration,
    ];

    /// The name of its element.
    #[must_use]
    pub const fn element(self) -> &'static str {
        match self {
            Self::Registration => "Registration",
            Self::LicenseAcquisition => "LicenseAcquisition",
            Self::Deregistration => "Deregistration",
        }
    }
}

/// An `ActionToken` document: where the service is, and the token as its `BusinessToken`.
///
/// Debugs without the token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActionToken {
    /// Which service it is.
    pub broadband_service_id: String,
    /// The version of its configuration.
    pub config_version: String,
    /// Where its configuration is.
    pub resource_location: String,
    /// What redeeming the token does.
    pub kind: ActionKind,
    /// The token; in the document it is base64 with padding.
    pub token: Token,
}

impl ActionToken {
    /// The document, token included.
    #[must_use]
    pub fn reveal(&self) -> String {
        let element = self.kind.element();
        let bytes = base64url::decode(self.token.reveal()).unwrap_or_default();
        format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n\
             <ActionToken xmlns=\"{NAMESPACE}\">\n  \
               <ConfigurationInfo broadbandServiceId=\"{}\" configVersion=\"{}\">\n    \
                 <ResourceLocation>{}</ResourceLocation>\n  \
               </ConfigurationInfo>\n  \
               <{element}>\n    \
                 <Type>personality</Type>\n    \
                 <BusinessToken>{}</BusinessToken>\n  \
               </{element}>\n\
             </ActionToken>\n",
            escaped(&self.broadband_service_id),
            escaped(&self.config_version),
            escaped(&self.resource_location),
            STANDARD.encode(bytes),
        )
    }
}

impl FromStr for ActionToken {
    type Err = NotAnActionToken;

    fn from_str(text: &str) -> Result<Self, NotAnActionToken> {
        let document = Document::parse(text).map_err(|_| NotAnActionToken("it is not XML"))?;
        let root = document.root_element();
        if !root.has_tag_name((NAMESPACE, "ActionToken")) {
            return Err(NotAnActionToken("its root is no ActionToken"));
        }
        let info = child(root, "ConfigurationInfo")
            .ok_or(NotAnActionToken("it has no ConfigurationInfo"))?;
        let attribute = |name| {
            let value = info.attribute(name).map(str::to_owned);
            value.ok_or(NotAnActionToken("its ConfigurationInfo lacks an attribute"))
        };
        let (kind, action) = ActionKind::ALL
            .into_iter()
            .find_map(|kind| Some((kind, child(root, kind.element())?)))
            .ok_or(NotAnActionToken("it says no action"))?;
        let token: String = text_of(action, "BusinessToken")?
            .split_whitespace()
            .collect();
        let bytes = STANDARD
            .decode(token)
            .map_err(|_| NotAnActionToken("its BusinessToken is not base64"))?;
        Ok(Self {
            broadband_service_id: attribute("broadbandServiceId")?,
            config_version: attribute("configVersion")?,
            resource_location: text_of(info, "ResourceLocation")?.trim().to_owned(),
            kind,
            token: base64url::encode(bytes)
                .parse()
                .map_err(|_| NotAnActionToken("its BusinessToken is no token"))?,
        })
    }
}

/// The text is no action token. It is not quoted: it may hold one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this is no action token of Marlin Broadband's: {0}")]
pub struct NotAnActionToken(&'static str);

fn child<'a, 'd>(node: Node<'a, 'd>, name: &'static str) -> Option<Node<'a, 'd>> {
    node.children()
        .find(|child| child.has_tag_name((NAMESPACE, name)))
}

fn text_of<'a>(node: Node<'a, '_>, name: &'static str) -> Result<&'a str, NotAnActionToken> {
    child(node, name)
        .and_then(|child| child.text())
        .ok_or(NotAnActionToken("an element is missing or empty"))
}

fn escaped(text: &str) -> impl fmt::Display {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(kind: ActionKind) -> ActionToken {
        ActionToken {
            broadband_service_id: "urn:example:a&\"b<c".to_owned(),
            config_version: "1".to_owned(),
            resource_location: "http://127.0.0.1/mbs/ConfigurationToken.xml?a=1&b=2".to_owned(),
            kind,
            token: "BwAAAP__".parse().unwrap(),
        }
    }

    #[test]
    fn an_action_token_is_read_as_it_was_written() {
        for kind in ActionKind::ALL {
            let written = token(kind).reveal();
            assert_eq!(written.parse(), Ok(token(kind)), "{written}");
            assert!(written.contains("<BusinessToken>BwAAAP//</BusinessToken>"));
        }
        assert!(!format!("{:?}", token(ActionKind::Registration)).contains("BwAAAP"));
    }

    #[test]
    fn a_document_of_another_shape_or_namespace_is_none() {
        let good = token(ActionKind::LicenseAcquisition).reveal();
        for (from, to) in [
            (NAMESPACE, "urn:another"),
            ("ActionToken", "ReactionToken"),
            ("ConfigurationInfo", "Info"),
            ("configVersion", "version"),
            ("LicenseAcquisition", "Licence"),
            ("BwAAAP//", "!"),
            ("BwAAAP//", ""),
            ("</ActionToken>", ""),
        ] {
            let bad = good.replace(from, to);
            assert!(bad.parse::<ActionToken>().is_err(), "{bad}");
        }
    }
}
