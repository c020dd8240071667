//! Keys and values of configuration files, line by line.
//!
//! No parser of each format: a secret in a broken YAML file is a secret all the same, and only `key`, `value` and
//! where the value stands are asked for. Nested keys are not joined: the last one names the value.

/// One `key: value`, `key = value` or `"key": "value"`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct KeyValue<'a> {
    pub(crate) key: &'a str,
    pub(crate) value: &'a str,
    /// Byte offset of the value.
    pub(crate) start: u32,
    /// Whether the value was quoted.
    pub(crate) quoted: bool,
}

/// Formats by file name.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Format {
    Yaml,
    Json,
    /// TOML, INI, properties.
    Assign,
    Env,
}

fn format_of(path: &str) -> Option<Format> {
    let name = path.rsplit('/').next().unwrap_or(path).to_ascii_lowercase();
    if name == ".env" || name.starts_with(".env.") || name.ends_with(".env") {
        return Some(Format::Env);
    }
    Some(match name.rsplit_once('.')?.1 {
        "yml" | "yaml" => Format::Yaml,
        "json" | "jsonc" | "json5" => Format::Json,
        "toml" | "ini" | "cfg" | "conf" | "properties" | "tfvars" => Format::Assign,
        _ => return None,
    })
}

/// Whether a path is configuration.
pub(crate) fn is_config(path: &str) -> bool {
    format_of(path).is_some()
}

pub(crate) fn pairs<'a>(path: &str, src: &'a str) -> Vec<KeyValue<'a>> {
    let Some(format) = format_of(path) else { return Vec::new() };
    let mut found = Vec::new();
    let mut offset = 0;
    for line in src.split_inclusive('\n') {
        if format == Format::Json {
            json_line(line, offset, &mut found);
        } else if let Some(pair) = line_pair(line, format, offset) {
            found.push(pair);
        }
        offset += line.len();
    }
    found
}

fn line_pair<'a>(line: &'a str, format: Format, offset: usize) -> Option<KeyValue<'a>> {
    let trimmed = line.trim_start();
    if trimmed.starts_with(['#', ';', '!', '[']) || trimmed.starts_with("//") {
        return None;
    }
    let split = match format {
        Format::Yaml => {
            trimmed.find(": ").or_else(|| trimmed.trim_end().ends_with(':').then_some(trimmed.len()))
        }
        Format::Env => trimmed.find('='),
        _ => trimmed.find(['=', ':']),
    }?;
    let key = trimmed
        .get(..split)?
        .trim()
        .trim_start_matches("- ")
        .trim_start_matches("export ")
        .trim_matches(['"', '\'']);
    let value = trimmed.get(split + 1..)?;
    pair(line, key, value, offset, format)
}

fn pair<'a>(
    line: &'a str,
    key: &'a str,
    value: &'a str,
    offset: usize,
    format: Format,
) -> Option<KeyValue<'a>> {
    let value = value.trim();
    let quote = value.chars().next().filter(|c| *c == '"' || *c == '\'');
    let bare = match quote {
        Some(quote) => value.get(1..)?.split(quote).next()?,
        None if format == Format::Yaml => value.split(" #").next()?.trim_end(),
        None => value,
    };
    if key.is_empty() || bare.is_empty() || key.len() > 100 {
        return None;
    }
    let within = bare.as_ptr() as usize - line.as_ptr() as usize;
    Some(KeyValue { key, value: bare, start: u32::try_from(offset + within).ok()?, quoted: quote.is_some() })
}

/// `"key": "value"` anywhere on a line; a JSON file may have one line only.
fn json_line<'a>(line: &'a str, offset: usize, found: &mut Vec<KeyValue<'a>>) {
    let mut rest = line;
    let mut at = 0;
    let mut key: Option<&str> = None;
    while let Some(open) = rest.find('"') {
        let body = &rest[open + 1..];
        let Some(close) = closing_quote(body) else { return };
        let text = &body[..close];
        let start = at + open + 1;
        let after = body[close + 1..].trim_start();
        if let Some(name) = key.take() {
            if !text.is_empty() && name.len() <= 100 {
                let start = u32::try_from(offset + start).unwrap_or(u32::MAX);
                found.push(KeyValue { key: name, value: text, start, quoted: true });
            }
        } else if let Some(value) = after.strip_prefix(':') {
            key = value.trim_start().starts_with('"').then_some(text);
        }
        at = start + close + 1;
        rest = &line[at..];
    }
}

fn closing_quote(body: &str) -> Option<usize> {
    let mut escaped = false;
    for (at, byte) in body.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => return Some(at),
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::pairs;

    #[test]
    fn every_format_gives_key_value_and_place() {
        let cases = [
            ("a.yml", "db:\n  password: hunter2 # note\n", "password", "hunter2"),
            ("a.json", "{\"a\": {\"apiKey\": \"k-1\"}}", "apiKey", "k-1"),
            ("a.toml", "[x]\nsecret = \"s\"\n", "secret", "s"),
            ("a.properties", "spring.datasource.password=p\n", "spring.datasource.password", "p"),
            (".env", "export TOKEN='t'\n", "TOKEN", "t"),
        ];
        for (path, src, key, value) in cases {
            let found = pairs(path, src);
            let pair =
                found.iter().find(|pair| pair.key == key).unwrap_or_else(|| panic!("{path}: {found:?}"));
            assert_eq!(pair.value, value, "{path}");
            assert!(src[pair.start as usize..].starts_with(value), "{path}");
        }
        assert!(pairs("a.yml", "# password: x\n").is_empty());
    }
}
