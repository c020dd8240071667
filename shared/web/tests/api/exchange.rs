//! One request and its answer, compared with the OpenAPI document.

use axum::{
    body::{Body, to_bytes},
    http::{HeaderMap, Request, StatusCode},
};
use serde_json::Value;
use tower::ServiceExt as _;

use crate::world::World;

/// A request in the making; as the operator, unless told otherwise.
pub(crate) struct Call<'w> {
    world: &'w World,
    method: String,
    path: String,
    headers: Vec<(&'static str, String)>,
    token: Option<String>,
    body: Vec<u8>,
    checked: bool,
}

/// An answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
    pub(crate) json: Value,
}

impl<'w> Call<'w> {
    pub(crate) fn new(world: &'w World, method: &str, path: String) -> Self {
        Self {
            world,
            method: method.to_uppercase(),
            path,
            headers: Vec::new(),
            token: Some(world.operator.clone()),
            body: Vec::new(),
            checked: true,
        }
    }

    pub(crate) fn json(self, body: Value) -> Self {
        self.raw("application/json", body.to_string())
    }

    pub(crate) fn raw(mut self, content_type: &str, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self.header("content-type", content_type)
    }

    pub(crate) fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    pub(crate) fn token(mut self, token: &str) -> Self {
        self.token = Some(token.to_owned());
        self
    }

    pub(crate) fn anonymous(mut self) -> Self {
        self.token = None;
        self
    }

    /// Without comparison: for what is not in the document.
    pub(crate) fn unchecked(mut self) -> Self {
        self.checked = false;
        self
    }

    pub(crate) fn method(&self) -> &str {
        &self.method
    }

    pub(crate) async fn send(self) -> Answer {
        let mut request = Request::builder().method(self.method.as_str()).uri(&self.path);
        if let Some(token) = &self.token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        for (name, value) in &self.headers {
            request = request.header(*name, value);
        }
        let request = request.body(Body::from(self.body)).unwrap();
        let response = self.world.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let text = String::from_utf8_lossy(&to_bytes(body, usize::MAX).await.unwrap()).into_owned();
        let json = serde_json::from_str(&text).unwrap_or(Value::Null);
        let answer = Answer { status: parts.status, headers: parts.headers, text, json };
        if self.checked {
            let path = self.path.split('?').next().unwrap();
            compare(&self.world.api, &self.method, path, &answer);
        }
        answer
    }
}

impl Answer {
    /// Itself, when it has this status.
    #[track_caller]
    pub(crate) fn expect(self, status: u16) -> Self {
        assert_eq!(self.status.as_u16(), status, "{}", self.text);
        self
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// What a problem tells its reader.
    pub(crate) fn told(&self) -> String {
        let part = |name: &str| self.json[name].as_str().unwrap_or_default().to_owned();
        let errors = self.json["errors"]
            .as_array()
            .map_or(String::new(), |errors| errors.iter().map(|error| format!(" {error}")).collect());
        format!("{} {} [{}] {}{errors}", self.status.as_u16(), part("title"), part("code"), part("detail"))
    }
}

/// Every operation of the document: method, path, itself.
pub(crate) fn operations(api: &Value) -> Vec<(String, String, Value)> {
    let paths = api["paths"].as_object().unwrap().iter();
    let all = paths.flat_map(|(path, item)| {
        let methods = item.as_object().unwrap().iter();
        methods.map(|(method, operation)| (method.to_uppercase(), path.clone(), operation.clone()))
    });
    all.collect()
}

fn matches(template: &str, path: &str) -> bool {
    let (template, path): (Vec<_>, Vec<_>) = (template.split('/').collect(), path.split('/').collect());
    template.len() == path.len() && template.iter().zip(&path).all(|(t, p)| t.starts_with('{') || t == p)
}

fn compare(api: &Value, method: &str, path: &str, answer: &Answer) {
    let name = format!("{method} {path} → {}", answer.status);
    let found = operations(api).into_iter().find(|(m, template, _)| m == method && matches(template, path));
    let (_, _, operation) = found.unwrap_or_else(|| panic!("{name}: not in the document"));
    if answer.status == StatusCode::NOT_MODIFIED {
        return;
    }
    let response = &operation["responses"][answer.status.as_str()];
    assert!(response.is_object(), "{name} is not documented: {}", answer.text);
    let Some((kind, content)) = response["content"].as_object().and_then(|content| content.iter().next())
    else {
        return assert_eq!(answer.text, "", "{name}");
    };
    assert_eq!(answer.header("content-type"), kind, "{name}");
    let mut schema = content["schema"].clone();
    schema["components"] = api["components"].clone();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let errors: Vec<_> =
        validator.iter_errors(&answer.json).map(|e| format!("{}: {e}", e.instance_path())).collect();
    assert!(errors.is_empty(), "{name}: {errors:?}\n{}", answer.text);
}
