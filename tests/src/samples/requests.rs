//! Files of requests, as editors send them: `###` and a title, variables, a request line, headers,
//! a body. What a file holds that is none of it is an error.

use reqwest::Method;

/// One request of a file.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Request {
    /// What stands behind its `###`.
    pub title: String,
    pub method: Method,
    pub url: String,
    pub headers: Vec<(String, String)>,
    pub body: Option<String>,
}

/// The requests of a file, in its order.
pub(super) fn parse(text: &str) -> Result<Vec<Request>, String> {
    let mut variables = Vec::new();
    let mut requests = Vec::new();
    for (number, part) in text.split("###").enumerate() {
        if number == 0 {
            for line in part.lines().filter(|line| !line.trim().is_empty()) {
                variables.push(variable(line, &variables)?);
            }
        } else {
            requests.push(request(part, &variables)?);
        }
    }
    Ok(requests)
}

type Variable = (String, String);

fn variable(line: &str, known: &[Variable]) -> Result<Variable, String> {
    let parts = line.strip_prefix('@').and_then(|rest| rest.split_once('='));
    let (name, value) = parts.ok_or_else(|| format!("`{line}` sets no variable"))?;
    Ok((name.trim().to_owned(), filled(value.trim(), known)?))
}

/// The text with the values of variables.
fn filled(text: &str, variables: &[Variable]) -> Result<String, String> {
    let mut filled = text.to_owned();
    for (name, value) in variables {
        filled = filled.replace(&format!("{{{{{name}}}}}"), value);
    }
    if filled.contains("{{") {
        return Err(format!("`{text}` names a variable that is not set"));
    }
    Ok(filled)
}

fn request(part: &str, variables: &[Variable]) -> Result<Request, String> {
    let (title, rest) = part.split_once('\n').unwrap_or((part, ""));
    let title = title.trim().to_owned();
    let (head, body) = rest.split_once("\n\n").unwrap_or((rest, ""));
    let mut lines = head.lines();
    let line = lines.next().unwrap_or_default();
    let words: Vec<&str> = line.split_whitespace().collect();
    let [method, url] = words[..] else {
        return Err(format!("{title}: `{line}` is no request line"));
    };
    let headers = lines.map(|line| {
        let parts = line.split_once(": ");
        let (name, value) = parts.ok_or_else(|| format!("{title}: `{line}` is no header"))?;
        Ok((name.to_owned(), filled(value, variables)?))
    });
    let body = body.trim_end();
    Ok(Request {
        method: method.parse().map_err(|_| format!("no method: {method}"))?,
        url: filled(url, variables)?,
        headers: headers.collect::<Result<_, String>>()?,
        body: (!body.is_empty()).then(|| body.to_owned()),
        title,
    })
}

#[test]
fn a_file_is_read() {
    let text = "@host = http://a:1\n@api = {{host}}/api\n\n### One\nPOST {{api}}/x?y=1\nA: b\n\
                C: {{host}}\n\n{\n  \"d\": 1\n}\n\n### Two\nGET {{host}}/z\n";
    let header = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let expected = [
        Request {
            title: "One".into(),
            method: Method::POST,
            url: "http://a:1/api/x?y=1".into(),
            headers: vec![header("A", "b"), header("C", "http://a:1")],
            body: Some("{\n  \"d\": 1\n}".into()),
        },
        Request {
            title: "Two".into(),
            method: Method::GET,
            url: "http://a:1/z".into(),
            headers: Vec::new(),
            body: None,
        },
    ];
    assert_eq!(parse(text).unwrap(), expected);
    for (text, problem) in [
        ("host = x", "`host = x` sets no variable"),
        (
            "### a\nGET {{b}}/c",
            "`{{b}}/c` names a variable that is not set",
        ),
        ("### a\nGET", "a: `GET` is no request line"),
        ("### a\nGET b\nc", "a: `c` is no header"),
    ] {
        assert_eq!(parse(text).unwrap_err(), problem);
    }
}
