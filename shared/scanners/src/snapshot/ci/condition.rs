//! Whether an `if` can hold for an event, as far as its text says.
//!
//! Three-valued: what depends on a run (branches, outputs, labels) is "maybe" and counts as possible.

/// More parentheses than this are not read: the condition is then "maybe".
const MAX_DEPTH: u32 = 32;

/// Whether a job or step with this `if` can run on `event`.
pub(super) fn can_hold(condition: Option<&str>, event: &str) -> bool {
    let Some(condition) = condition else { return true };
    let text = condition.trim();
    let text = text.strip_prefix("${{").and_then(|t| t.strip_suffix("}}")).unwrap_or(text);
    let tokens = tokens(text);
    let mut parser = Parser { tokens: &tokens, at: 0, event, depth: 0 };
    let value = parser.or();
    parser.at < tokens.len() || value.truth() != Some(false)
}

#[derive(Clone, Debug, PartialEq)]
enum Token {
    Text(String),
    Word(String),
    Sign(&'static str),
}

#[derive(Clone, Debug, PartialEq)]
enum Value {
    Known(String),
    Bool(bool),
    Maybe,
}

impl Value {
    fn truth(&self) -> Option<bool> {
        match self {
            Self::Known(text) => Some(!text.is_empty()),
            Self::Bool(value) => Some(*value),
            Self::Maybe => None,
        }
    }

    fn of(truth: Option<bool>) -> Self {
        truth.map_or(Self::Maybe, Self::Bool)
    }
}

fn tokens(text: &str) -> Vec<Token> {
    const SIGNS: [&str; 12] = ["&&", "||", "==", "!=", "<=", ">=", "<", ">", "!", "(", ")", ","];
    let mut found = Vec::new();
    let mut rest = text.trim_start();
    while !rest.is_empty() {
        if let Some(quoted) = rest.strip_prefix('\'') {
            let end = quoted.find('\'').unwrap_or(quoted.len());
            found.push(Token::Text(quoted[..end].to_owned()));
            rest = quoted.get(end + 1..).unwrap_or("").trim_start();
            continue;
        }
        if let Some(sign) = SIGNS.iter().find(|sign| rest.starts_with(**sign)) {
            found.push(Token::Sign(sign));
            rest = rest[sign.len()..].trim_start();
            continue;
        }
        let end = rest.find(|c: char| c.is_whitespace() || "&|=!<>(),'".contains(c)).unwrap_or(rest.len());
        // A lone `&`, `|` or `=` belongs to no grammar: take it as a word to make progress.
        let end = end.max(rest.chars().next().map_or(1, char::len_utf8));
        found.push(Token::Word(rest[..end].to_owned()));
        rest = rest[end..].trim_start();
    }
    found
}

struct Parser<'a> {
    tokens: &'a [Token],
    at: usize,
    event: &'a str,
    depth: u32,
}

impl Parser<'_> {
    fn sign(&mut self, sign: &str) -> bool {
        let found = matches!(self.tokens.get(self.at), Some(Token::Sign(s)) if *s == sign);
        self.at += usize::from(found);
        found
    }

    fn or(&mut self) -> Value {
        let mut left = self.and();
        while self.sign("||") {
            let right = self.and();
            left = match (left.truth(), right.truth()) {
                (Some(true), _) => left,
                (Some(false), _) => right,
                (None, Some(true)) => Value::Bool(true),
                (None, _) => Value::Maybe,
            };
        }
        left
    }

    fn and(&mut self) -> Value {
        let mut left = self.comparison();
        while self.sign("&&") {
            let right = self.comparison();
            left = match (left.truth(), right.truth()) {
                (Some(false), _) | (_, Some(false)) => Value::Bool(false),
                (Some(true), _) => right,
                (None, _) => Value::Maybe,
            };
        }
        left
    }

    fn comparison(&mut self) -> Value {
        let left = self.unary();
        for (sign, equal) in
            [("==", Some(true)), ("!=", Some(false)), ("<=", None), (">=", None), ("<", None), (">", None)]
        {
            if self.sign(sign) {
                let right = self.unary();
                let same = match (&left, &right) {
                    (Value::Known(a), Value::Known(b)) => Some(a.eq_ignore_ascii_case(b)),
                    (Value::Bool(a), Value::Bool(b)) => Some(a == b),
                    _ => None,
                };
                return Value::of(equal.and_then(|equal| same.map(|same| same == equal)));
            }
        }
        left
    }

    fn unary(&mut self) -> Value {
        let mut negated = false;
        while self.sign("!") {
            negated = !negated;
        }
        let value = self.primary();
        if negated { Value::of(value.truth().map(|truth| !truth)) } else { value }
    }

    fn primary(&mut self) -> Value {
        if self.sign("(") {
            self.depth += 1;
            if self.depth > MAX_DEPTH {
                self.at = self.tokens.len();
                return Value::Maybe;
            }
            let value = self.or();
            self.sign(")");
            self.depth -= 1;
            return value;
        }
        let token = self.tokens.get(self.at).cloned();
        self.at += 1;
        match token {
            Some(Token::Text(text)) => Value::Known(text),
            Some(Token::Word(word)) if self.sign("(") => self.call(&word),
            Some(Token::Word(word)) => match word.as_str() {
                "true" => Value::Bool(true),
                "false" => Value::Bool(false),
                "github.event_name" => Value::Known(self.event.to_owned()),
                _ => Value::Maybe,
            },
            _ => Value::Maybe,
        }
    }

    /// A function call: its arguments are skipped and its value is unknown, except for `always()`.
    fn call(&mut self, name: &str) -> Value {
        let mut open = 1;
        while open > 0 && self.at < self.tokens.len() {
            match self.tokens[self.at] {
                Token::Sign("(") => open += 1,
                Token::Sign(")") => open -= 1,
                _ => {}
            }
            self.at += 1;
        }
        if name == "always" { Value::Bool(true) } else { Value::Maybe }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conditions_are_decided_per_event() {
        for (condition, event, expected) in [
            ("false", "push", false),
            ("${{ false }}", "push", false),
            ("true", "push", true),
            ("github.event_name == 'push'", "push", true),
            ("github.event_name == 'push'", "pull_request", false),
            ("github.event_name != 'pull_request' && github.ref == 'refs/heads/main'", "pull_request", false),
            ("github.event_name != 'pull_request' && github.ref == 'refs/heads/main'", "push", true),
            ("always() || false", "push", true),
            ("failure()", "push", true),
            ("!(github.event_name == 'schedule')", "schedule", false),
            ("contains(github.event.pull_request.labels.*.name, 'x') && false", "pull_request", false),
            ("github.event_name == 'push' || github.event_name == 'release'", "schedule", false),
            ("a &", "push", true),
            ("'unclosed", "push", true),
        ] {
            assert_eq!(can_hold(Some(condition), event), expected, "{condition} on {event}");
        }
        assert!(can_hold(None, "push"));
    }

    #[test]
    fn deep_conditions_are_maybe() {
        assert!(can_hold(Some(&"(".repeat(100_000)), "push"));
        assert!(can_hold(Some(&"!".repeat(100_001)), "push"));
    }
}
