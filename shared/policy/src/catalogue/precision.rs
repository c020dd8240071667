//! How often a rule was right on code that nobody here wrote: labels of findings, counted.

use std::collections::{BTreeMap, BTreeSet};

/// Labels of one rule.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Measured {
    /// Findings that were right.
    pub right: u32,
    /// Findings that were wrong.
    pub wrong: u32,
    /// What the wrong ones were.
    pub reasons: BTreeSet<String>,
}

impl Measured {
    /// Labelled findings.
    pub fn count(&self) -> u32 {
        self.right + self.wrong
    }

    /// Share that was right, in whole per cent, rounded down; `None` without a label.
    pub fn percent(&self) -> Option<u32> {
        (self.right * 100).checked_div(self.count())
    }
}

/// Labels by rule.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Precision(pub BTreeMap<String, Measured>);

/// Columns of the table.
const HEADER: &str = "source,path,line,rule,label,why";
/// A share of fewer findings than this says nothing.
const ENOUGH: u32 = 5;

impl Precision {
    /// Read the table: comma-separated (RFC 4180), with the columns `source,path,line,rule,label,why`; `label` is
    /// `right` or `wrong`.
    ///
    /// # Errors
    /// The first line that is not of this form, in words.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut rows = text.lines().enumerate();
        if rows.next().map(|(_, line)| line.trim_end()) != Some(HEADER) {
            return Err(format!("line 1: the columns are `{HEADER}`"));
        }
        let mut labels = Precision::default();
        for (at, line) in rows.filter(|(_, line)| !line.trim().is_empty()) {
            let fields = fields(line);
            let [_, _, _, rule, label, why] = fields.as_slice() else {
                return Err(format!("line {}: {} fields instead of 6", at + 1, fields.len()));
            };
            let measured = labels.0.entry(rule.clone()).or_default();
            match label.as_str() {
                "right" => measured.right += 1,
                "wrong" => {
                    measured.wrong += 1;
                    measured.reasons.insert(why.clone());
                }
                other => return Err(format!("line {}: `{other}` is neither right nor wrong", at + 1)),
            }
        }
        Ok(labels)
    }

    /// The table for readers, most findings first.
    pub fn table(&self) -> String {
        let mut rows: Vec<(&String, &Measured)> = self.0.iter().collect();
        rows.sort_by_key(|(rule, measured)| (std::cmp::Reverse(measured.count()), *rule));
        let mut text = String::from(
            "| rule | labelled | right | precision | what the wrong ones were |\n|---|---|---|---|---|\n",
        );
        let mut all = Measured::default();
        for (rule, measured) in rows {
            all.right += measured.right;
            all.wrong += measured.wrong;
            let reasons: Vec<&str> = measured.reasons.iter().map(String::as_str).collect();
            text.push_str(&row(&format!("`{rule}`"), measured, &reasons.join("; ")));
        }
        text.push_str(&row("together", &all, ""));
        text
    }
}

fn row(name: &str, measured: &Measured, reasons: &str) -> String {
    let share = measured.percent().filter(|_| measured.count() >= ENOUGH);
    let share = share.map_or_else(|| "–".to_owned(), |percent| format!("{percent} %"));
    let reasons = reasons.replace('|', "\\|");
    format!("| {name} | {} | {} | {share} | {reasons} |\n", measured.count(), measured.right)
}

/// The fields of a line; `"` encloses a field with commas, `""` within is one quote.
fn fields(line: &str) -> Vec<String> {
    let mut fields = vec![String::new()];
    let (mut quoted, mut letters) = (false, line.trim_end_matches('\r').chars().peekable());
    while let Some(letter) = letters.next() {
        match letter {
            '"' if quoted && letters.peek() == Some(&'"') => {
                letters.next();
                fields.last_mut().expect("there is always one").push('"');
            }
            '"' => quoted = !quoted,
            ',' if !quoted => fields.push(String::new()),
            other => fields.last_mut().expect("there is always one").push(other),
        }
    }
    fields
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_counted_by_rule() {
        let text = format!(
            "{HEADER}\nghost,a.js,1,pii/x,right,\nghost,\"a,b.js\",2,pii/x,wrong,\"a \"\"name\"\", no value\"\n"
        );
        let labels = Precision::parse(&text).expect("valid");
        let measured = &labels.0["pii/x"];
        assert_eq!((measured.count(), measured.percent()), (2, Some(50)));
        assert!(measured.reasons.contains("a \"name\", no value"));
        assert!(labels.table().contains("| `pii/x` | 2 | 1 | – |"));
        assert_eq!(Measured::default().percent(), None);
    }

    #[test]
    fn a_line_that_says_nothing_is_named() {
        for (line, part) in [("a,b,c", "3 fields"), ("g,a.js,1,pii/x,maybe,", "`maybe`")] {
            let error = Precision::parse(&format!("{HEADER}\n{line}\n")).expect_err("invalid");
            assert!(error.contains("line 2") && error.contains(part), "{error}");
        }
        assert!(Precision::parse("rule,label\n").is_err());
    }
}
