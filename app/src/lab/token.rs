//! A token with a changed byte.

use expressplay::Token;

/// What stands at a token's end, behind what is encrypted: its 20-byte MAC.
const MAC: usize = 20;

/// The token with one byte changed, near the end of what its tag covers.
///
/// Of four characters of base64url the first holds bits of one byte alone, so one character is
/// changed, and the rest reads as before. A text that is too short to be a token stays as it is.
#[must_use]
pub fn with_a_changed_byte(token: &Token) -> Token {
    let mut text = token.reveal().to_owned();
    let last = (text.len() * 3 / 4).saturating_sub(MAC + 1);
    let at = last / 3 * 4;
    let other = match text.as_bytes().get(at) {
        Some(b'A') => "E",
        Some(_) => "A",
        None => return token.clone(),
    };
    text.replace_range(at..=at, other);
    // Still base64url of the same length, it parses.
    text.parse().unwrap_or_else(|_| token.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn differences(text: &str) -> Vec<usize> {
        let token: Token = text.parse().unwrap();
        let changed = with_a_changed_byte(&token);
        let (before, after) = (token.reveal().as_bytes(), changed.reveal().as_bytes());
        assert_eq!(before.len(), after.len());
        (0..before.len())
            .filter(|at| before[*at] != after[*at])
            .collect()
    }

    #[test]
    fn one_character_differs_and_it_is_the_first_of_its_four() {
        // 60 bytes: the last before the MAC is number 39, at character 52.
        assert_eq!(differences(&"A".repeat(80)), [52]);
        assert_eq!(differences(&"z".repeat(80)), [52]);
        // 61 and 62 bytes, whose last character is not a whole one.
        assert_eq!(differences(&format!("{}AA", "z".repeat(80))), [52]);
        assert_eq!(differences(&format!("{}AAA", "z".repeat(80))), [52]);
    }
}
