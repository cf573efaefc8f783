//! Makes the module `i18n` of `locales/*.json`. What one language says and the other does not stops
//! the build.

use std::{env, error::Error, fs, path::PathBuf};

use leptos_i18n_codegen::gen_code;
use leptos_i18n_parser::parse_locales::{
    options::{Config, ParseOptions},
    parse_locales,
};

/// The first is the one that texts are written in first, and that a viewer reads who asks for none.
const LOCALES: [&str; 2] = ["en", "sv"];

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=locales");

    // Texts with a value in them can be strings, too: for attributes and alerts.
    let options = ParseOptions::new().interpolate_display(true);
    let config = Config::new(LOCALES[0])?
        .add_locale(LOCALES[1])?
        .parse_options(options);
    let texts = parse_locales(None, config)?;

    let missing: Vec<String> = texts
        .diag
        .warnings()
        .iter()
        .map(ToString::to_string)
        .collect();
    if !missing.is_empty() {
        return Err(missing.join("; ").into());
    }
    let attributes = "#![allow(missing_docs, unreachable_pub, clippy::expect_used)]".parse()?;
    let module = gen_code(&texts, None, true, Some(&attributes), false)?;
    let out = PathBuf::from(env::var("OUT_DIR")?).join("i18n.rs");
    fs::write(out, module.to_string())?;
    Ok(())
}
