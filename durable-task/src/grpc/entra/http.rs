//! One request over a connection of its own: tokens are asked for once an hour.

use std::sync::Arc;

use http_body_util::{BodyExt as _, Full, Limited};
use hyper::Request;
use hyper::body::Bytes;
use hyper::client::conn::http1;
use hyper::http::Uri;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::ServerName;
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

use super::request::{Answer, Ask};

/// The largest answer.
const ANSWER_BYTES_MAX: usize = 1024 * 1024;

/// Sends a request. The error says what failed, without what was sent.
pub(super) async fn send(ask: Ask) -> Result<Answer, String> {
    let uri: Uri = ask
        .url
        .parse()
        .map_err(|_| String::from("its address is no URL"))?;
    let host = uri
        .host()
        .unwrap_or_default()
        .trim_matches(['[', ']'])
        .to_owned();
    let is_encrypted = match uri.scheme_str() {
        Some("https") => true,
        Some("http") => false,
        _ => return Err(String::from("its address is neither http nor https")),
    };
    let is_loopback = |ip: std::net::IpAddr| ip.is_loopback();
    let is_local = host == "localhost" || host.parse().is_ok_and(is_loopback);
    if !is_encrypted && ask.form.is_some() && !is_local {
        return Err(format!(
            "`{host}` is not encrypted, and secrets go over https only"
        ));
    }
    let port = uri
        .port_u16()
        .unwrap_or(if is_encrypted { 443 } else { 80 });
    let text = |error: std::io::Error| format!("`{host}:{port}`: {error}");
    let stream = TcpStream::connect((host.as_str(), port))
        .await
        .map_err(text)?;
    if !is_encrypted {
        return exchange(stream, &uri, ask).await;
    }
    let name = ServerName::try_from(host.clone()).map_err(|_| format!("`{host}` is no name"))?;
    let stream = connector()?.connect(name, stream).await.map_err(text)?;
    exchange(stream, &uri, ask).await
}

fn connector() -> Result<TlsConnector, String> {
    let mut roots = RootCertStore::empty();
    let found = rustls_native_certs::load_native_certs();
    roots.add_parsable_certificates(found.certs);
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(TlsConnector::from(Arc::new(config)))
}

async fn exchange<S>(stream: S, uri: &Uri, ask: Ask) -> Result<Answer, String>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let text = |error: hyper::Error| error.to_string();
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(text)?;
    let path = uri.path_and_query().map_or("/", |path| path.as_str());
    let host = uri.authority().map_or("", |authority| authority.as_str());
    let mut request = Request::builder().uri(path).header("host", host);
    for (name, value) in &ask.headers {
        request = request.header(*name, value);
    }
    let form = ask.form.map(|form| {
        let builder = std::mem::take(&mut request);
        request = builder
            .method("POST")
            .header("content-type", "application/x-www-form-urlencoded");
        Bytes::from(form)
    });
    let request = request
        .body(Full::new(form.unwrap_or_default()))
        .map_err(|_| String::from("a setting can't stand in a header"))?;
    let exchange = async {
        let response = sender.send_request(request).await.map_err(text)?;
        let status = response.status().as_u16();
        let body = Limited::new(response.into_body(), ANSWER_BYTES_MAX);
        let body = body.collect().await.map_err(|error| error.to_string())?;
        Ok(Answer {
            status,
            body: body.to_bytes().to_vec(),
        })
    };
    tokio::select! {
        biased;
        answer = exchange => answer,
        ended = connection => Err(match ended {
            Ok(()) => String::from("it closed the connection"),
            Err(error) => error.to_string(),
        }),
    }
}
