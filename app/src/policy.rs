//! The Content-Security-Policy of every page.

/// The origins that licence requests go to, such as `http://127.0.0.1:4000`.
///
/// The server provides it through context, because only it knows where ExpressPlay is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LicenceOrigins(pub Vec<String>);

/// The policy for one page: its own origin, its own inline blocks, wasm, and the licence service.
///
/// `blob:` is for the player: media that it appends itself plays from a blob URL.
#[must_use]
pub fn policy(nonce: &str, licences: &LicenceOrigins) -> String {
    let licences: String = licences
        .0
        .iter()
        .filter(|origin| is_origin(origin))
        .map(|origin| format!(" {origin}"))
        .collect();
    format!(
        "default-src 'self'; script-src 'self' 'nonce-{nonce}' 'wasm-unsafe-eval'; \
         style-src 'self' 'nonce-{nonce}'; img-src 'self' data: blob:; media-src 'self' blob:; \
         connect-src 'self'{licences}; object-src 'none'; base-uri 'none'; form-action 'self'; \
         frame-ancestors 'none'"
    )
}

/// Whether a source can stand in the policy without ending its directive.
fn is_origin(text: &str) -> bool {
    (text.starts_with("http://") || text.starts_with("https://"))
        && text
            .bytes()
            .all(|b| b.is_ascii_graphic() && b != b';' && b != b',')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_licence_service_may_be_reached_and_nobody_else() {
        let licences = LicenceOrigins(vec!["http://127.0.0.1:4000".to_owned()]);
        let policy = policy("abc", &licences);
        assert!(policy.contains("connect-src 'self' http://127.0.0.1:4000;"));
        assert!(policy.contains("script-src 'self' 'nonce-abc' 'wasm-unsafe-eval';"));
        assert!(!policy.contains("unsafe-inline"));
    }

    #[test]
    fn an_origin_cannot_add_a_directive() {
        let licences = LicenceOrigins(vec!["http://x; script-src *".to_owned()]);
        assert!(policy("abc", &licences).contains("connect-src 'self';"));
    }
}
