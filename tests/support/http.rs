//! Blocking HTTP for tests.

/// Status and body of a response; the error text if there was none.
pub(crate) type Answer = Result<(u16, String), String>;

fn agent() -> ureq::Agent {
    ureq::Agent::config_builder()
        .timeout_global(Some(super::SOON))
        .http_status_as_error(false)
        .build()
        .into()
}

/// `GET url`.
pub(crate) fn get(url: &str) -> Answer {
    let mut response = agent().get(url).call().map_err(|e| e.to_string())?;
    let status = response.status().as_u16();
    Ok((status, response.body_mut().read_to_string().map_err(|e| e.to_string())?))
}

/// `POST url` with an empty body.
pub(crate) fn post(url: &str) -> Answer {
    let mut response = agent().post(url).send_empty().map_err(|e| e.to_string())?;
    let status = response.status().as_u16();
    Ok((status, response.body_mut().read_to_string().map_err(|e| e.to_string())?))
}

/// `POST url` with a text of this type.
pub(crate) fn post_text(url: &str, text: &str, content_type: &str) -> Answer {
    let request = agent().post(url).content_type(content_type);
    let mut response = request.send(text).map_err(|e| e.to_string())?;
    let status = response.status().as_u16();
    Ok((status, response.body_mut().read_to_string().map_err(|e| e.to_string())?))
}

/// Body of a 200 answer to `GET url`.
pub(crate) fn ok(url: &str) -> Result<String, String> {
    match get(url)? {
        (200, body) => Ok(body),
        (status, body) => Err(format!("{url} answered {status}: {body}")),
    }
}
