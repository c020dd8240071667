//! Words: what an identifier speaks of.
//!
//! An identifier is split into words and the words must *end* it: `userEmail` is an e-mail address, `emailTemplate`,
//! `passwordResetRequired` and `skip` are not. That one rule replaces the substring lists on which such rules usually
//! fail. To teach the engine a new word, add a row here.

use std::sync::LazyLock;

use aho_corasick::AhoCorasick;

/// A kind of personal or secret value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Term {
    /// Shown to people, e.g. `e-mail address`.
    pub(crate) label: &'static str,
    pub(crate) class: Class,
    /// Too common alone: counts only as a property of a person, a request or a session.
    weak: bool,
    words: &'static [&'static str],
}

/// What kind of value a term is. Bits, so that a rule can ask for several.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Class(pub(crate) u8);

impl Class {
    /// Personal data.
    pub(crate) const PERSONAL: Class = Class(1);
    /// Numbers that identify a person or an account for ever.
    pub(crate) const IDENTITY: Class = Class(2);
    /// Passwords.
    pub(crate) const PASSWORD: Class = Class(4);
    /// Keys, tokens and other secrets.
    pub(crate) const SECRET: Class = Class(8);
    /// Payment data.
    pub(crate) const PAYMENT: Class = Class(16);
    /// A person's whole record.
    pub(crate) const RECORD: Class = Class(32);

    pub(crate) const fn or(self, other: Class) -> Class {
        Class(self.0 | other.0)
    }

    pub(crate) fn has(self, other: Class) -> bool {
        self.0 & other.0 != 0
    }
}

macro_rules! terms {
    ($($class:ident $label:literal: $([$($word:literal)+] $($weak:ident)?),+;)+) => {
        &[$($(Term { label: $label, class: Class::$class, weak: terms!(@weak $($weak)?), words: &[$($word),+] },)+)+]
    };
    (@weak) => { false };
    (@weak weak) => { true };
}

const TERMS: &[Term] = terms! {
    PERSONAL "e-mail address": ["email"], ["e" "mail"], ["email" "address"], ["email" "addr"], ["mail" "address"];
    PERSONAL "phone number": ["phone"], ["phone" "number"], ["telephone"], ["mobile" "number"], ["msisdn"];
    PERSONAL "date of birth": ["dob"], ["date" "of" "birth"], ["birth" "date"], ["birthdate"], ["birthday"];
    PERSONAL "name": ["first" "name"], ["last" "name"], ["full" "name"] weak, ["surname"], ["maiden" "name"],
        ["firstname"], ["lastname"], ["fullname"] weak;
    PERSONAL "address": ["home" "address"], ["street" "address"], ["billing" "address"], ["shipping" "address"],
        ["postal" "address"], ["mailing" "address"], ["address"] weak;
    PERSONAL "IP address": ["ip" "address"] weak, ["ip" "addr"] weak, ["client" "ip"], ["user" "ip"], ["remote" "ip"], ["ip"] weak;
    IDENTITY "social security number": ["ssn"], ["social" "security"], ["social" "security" "number"];
    IDENTITY "passport number": ["passport" "number"], ["passport" "no"], ["passport"] weak;
    IDENTITY "driver license": ["driver" "license"], ["drivers" "license"], ["driver" "licence"],
        ["driver" "license" "number"], ["license" "number"] weak;
    IDENTITY "tax or national id": ["tax" "id"], ["tax" "number"], ["national" "id"], ["national" "insurance" "number"];
    PAYMENT "card number": ["credit" "card"], ["card" "number"], ["credit" "card" "number"], ["creditcard"],
        ["cardnumber"], ["card" "no"], ["debit" "card"];
    PAYMENT "card security code": ["cvv"], ["cvc"], ["cvv2"], ["card" "cvc"];
    PAYMENT "bank account": ["bank" "account"], ["bank" "account" "number"], ["account" "number"], ["iban"],
        ["routing" "number"];
    PASSWORD "password": ["password"], ["passwd"], ["pwd"], ["passphrase"], ["passwort"], ["user" "pass"], ["db" "pass"],
        ["passcode"];
    SECRET "API key": ["api" "key"], ["apikey"], ["api" "secret"], ["api" "token"];
    SECRET "secret": ["secret"], ["client" "secret"], ["secret" "key"], ["shared" "secret"], ["webhook" "secret"],
        ["jwt" "secret"], ["signing" "key"], ["encryption" "key"], ["secret" "access" "key"], ["app" "secret"];
    SECRET "private key": ["private" "key"], ["priv" "key"];
    SECRET "access token": ["access" "token"], ["refresh" "token"], ["auth" "token"], ["session" "token"],
        ["bearer" "token"], ["id" "token"], ["oauth" "token"], ["jwt"], ["jwt" "token"], ["reset" "token"],
        ["bot" "token"], ["github" "token"], ["slack" "token"], ["token"] weak;
    SECRET "credentials": ["credential"], ["credentials"], ["authorization" "header"];
    RECORD "user record": ["user"], ["current" "user"], ["customer"], ["patient"], ["employee"], ["user" "data"],
        ["user" "info"], ["user" "profile"], ["new" "user"];
};

/// Last words of all terms: an identifier without any of them is asked no further.
static STEMS: LazyLock<AhoCorasick> = LazyLock::new(|| {
    let last: std::collections::BTreeSet<&str> =
        TERMS.iter().filter_map(|term| term.words.last().copied()).collect();
    AhoCorasick::builder().ascii_case_insensitive(true).build(last).expect("a short list of words")
});

/// Words that may follow a term without changing what it is.
const NEUTRAL_AFTER: &[&str] =
    &["value", "val", "text", "str", "string", "plain", "plaintext", "raw", "clear", "input", "param", "arg"];

/// Words that anywhere before a term say that the value is not there any more, or never was.
const CANCELS: &[&str] = &[
    // `service_account_email` and `sa_email` are a machine's.
    "sa",
    "channel",
    "hashed",
    "hash",
    "encrypted",
    "encoded",
    "cipher",
    "ciphered",
    "masked",
    "mask",
    "redacted",
    "redact",
    "obfuscated",
    "scrubbed",
    "sanitized",
    "sanitised",
    "anonymized",
    "anonymised",
    "safe",
    "is",
    "has",
    "have",
    "had",
    "no",
    "non",
    "without",
    "needs",
    "require",
    "requires",
    "required",
    "should",
    "can",
    "must",
    "invalid",
    "missing",
    "wrong",
    "bad",
    "incorrect",
    "forgot",
    "forgotten",
    "csrf",
    "xsrf",
    "verify",
    "verified",
    "num",
    "count",
    "total",
    "max",
    "min",
    "next",
    "page",
    "cursor",
    "continuation",
    "cancel",
    "cancellation",
    "public",
    "on",
    "handle",
    "send",
    "sent",
    "show",
    "hide",
    "validate",
    "check",
    "parse",
    "test",
    "dummy",
    "fake",
    "mock",
    "example",
    "placeholder",
    "label",
    "unknown",
    "update",
    "updated",
    "delete",
    "deleted",
    "create",
    "created",
    "by",
    "support",
    "system",
    "contract",
    "syntax",
    "lexer",
    "current",
    "unexpected",
    "md5",
    "sha1",
    "sha256",
    "digest",
    "server",
    "noreply",
    "author",
    "maintainer",
    "ignored",
    "ignore",
    "unused",
    "sender",
    "from",
    "reply",
    "bounce",
    "with",
    "enable",
    "disable",
];

/// Objects whose `address`, `ip` or `token` is a person's.
const OWNERS: &[&str] = &[
    "user",
    "u",
    "customer",
    "person",
    "patient",
    "employee",
    "member",
    "account",
    "profile",
    "contact",
    "client",
    "req",
    "request",
    "session",
    "auth",
    "body",
    "payload",
    "params",
    "credentials",
    "order",
    "owner",
    "applicant",
    "recipient",
];

/// Words of an identifier, lower case: camelCase, PascalCase, snake_case, kebab-case and acronyms.
pub(crate) fn words(identifier: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut open = false;
    let chars: Vec<char> = identifier.chars().take(120).collect();
    for (at, &c) in chars.iter().enumerate() {
        if !c.is_alphanumeric() {
            open = false;
            continue;
        }
        let before = at.checked_sub(1).map(|at| chars[at]);
        let after = chars.get(at + 1);
        let begins = c.is_uppercase()
            && (before.is_some_and(|b| b.is_lowercase() || b.is_numeric())
                || (before.is_some_and(char::is_uppercase) && after.is_some_and(|a| a.is_lowercase())));
        if begins || !open {
            words.push(String::new());
        }
        open = true;
        if let Some(word) = words.last_mut() {
            word.extend(c.to_lowercase());
        }
    }
    words
}

/// Whether `sequence` stands in `words`, whole words in order, side by side.
pub(crate) fn contains_words(words: &[String], sequence: &[&str]) -> bool {
    words.windows(sequence.len()).any(|window| window.iter().zip(sequence).all(|(word, want)| word == want))
}

/// What an identifier speaks of. `owner` is the identifier of the object it is a property of, or empty.
pub(crate) fn term(identifier: &str, owner: &str) -> Option<&'static Term> {
    if identifier.len() < 2 || identifier.len() > 60 || !STEMS.is_match(identifier) {
        return None;
    }
    let words = words(identifier);
    let mut end = words.len();
    while end > 1
        && (NEUTRAL_AFTER.contains(&words[end - 1].as_str())
            || words[end - 1].bytes().all(|b| b.is_ascii_digit()))
    {
        end -= 1;
    }
    let name = &words[..end];
    let found =
        TERMS.iter().filter(|term| ends_with(name, term.words)).max_by_key(|term| term.words.len())?;
    let before = &name[..name.len() - found.words.len()];
    if before.iter().any(|word| CANCELS.contains(&word.as_str())) {
        return None;
    }
    if contains_words(before, &["service", "account"]) || contains_words(before, &["service", "identity"]) {
        return None;
    }
    if found.class == Class::RECORD && (!before.is_empty() || end != words.len()) {
        return None;
    }
    let owned = || self::words(owner).last().is_some_and(|word| OWNERS.contains(&word.as_str()));
    let qualified = || before.last().is_some_and(|word| OWNERS.contains(&word.as_str()));
    if found.weak && !owned() && !qualified() { None } else { Some(found) }
}

/// `emails` ends with `email`: a plural is as sensitive as its singular.
fn ends_with(name: &[String], words: &[&str]) -> bool {
    let Some(start) = name.len().checked_sub(words.len()) else { return false };
    name[start..].iter().zip(words).enumerate().all(|(at, (have, want))| {
        let last = at + 1 == words.len();
        have == want || (last && have.strip_suffix('s') == Some(want) && want.len() > 3)
    })
}

/// Whether a function of this name takes a value's meaning away (hashes, masks, encrypts, measures).
pub(crate) fn is_sanitizer(function: &str) -> bool {
    let words = words(function);
    words.iter().any(|word| SANITIZERS.iter().any(|stem| word.starts_with(stem)))
        || SANITIZER_WORDS.iter().any(|want| words.iter().any(|word| word == want))
}

const SANITIZERS: &[&str] = &[
    "hash",
    "encrypt",
    "redact",
    "mask",
    "anonymi",
    "obfuscat",
    "scrub",
    "sanitiz",
    "sanitis",
    "tokeniz",
    "bcrypt",
    "argon",
    "scrypt",
    "pbkdf",
    "pseudonym",
    "cipher",
    "digest",
    "hmac",
    "truncat",
    "censor",
];
const SANITIZER_WORDS: &[&str] =
    &["sha1", "sha256", "sha512", "md5", "hide", "seal", "crypt", "make", "omit", "pick", "exclude"];

/// Whether a function of this name hashes a password or encrypts a value before it is kept.
pub(crate) fn is_protection(function: &str) -> bool {
    const STEMS: &[&str] = &[
        "hash", "encrypt", "bcrypt", "argon", "scrypt", "pbkdf", "cipher", "crypt", "digest", "seal", "kms",
    ];
    words(function).iter().any(|word| STEMS.iter().any(|stem| word.starts_with(stem)))
        || matches!(
            function,
            "make_password" | "set_password" | "generate_password_hash" | "password_hash" | "encode"
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_split_into_words() {
        let cases = [
            ("userEmail", "user email"),
            ("HTTPServerURL", "http server url"),
            ("date_of_birth", "date of birth"),
            ("X-Api-Key", "x api key"),
            ("sha256sum", "sha256sum"),
            ("className", "class name"),
        ];
        for (identifier, want) in cases {
            assert_eq!(words(identifier).join(" "), want);
        }
    }

    #[test]
    fn a_term_must_end_the_identifier() {
        let hits = [
            "email",
            "userEmail",
            "user_emails",
            "ssn",
            "passwordValue",
            "creditCardNumber",
            "clientIp",
            "DOB",
        ];
        let misses = [
            "skip",
            "className",
            "emailTemplate",
            "passwordResetRequired",
            "hashedPassword",
            "isEmail",
            "membership",
            "passwordHash",
            "csrfToken",
            "nextPageToken",
            "ip",
            "address",
            "getProviderCredentialsError",
            "emailCount",
            "service_account_email",
            "saEmail",
        ];
        for hit in hits {
            assert!(term(hit, "").is_some(), "{hit}");
        }
        for miss in misses {
            assert!(term(miss, "").is_none(), "{miss}");
        }
        assert!(term("ip", "req").is_some());
        assert!(term("address", "user").is_some());
        assert!(term("address", "server").is_none());
    }
}
