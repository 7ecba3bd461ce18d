//! Channels to the service, and one call over them.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use prost::Message;
use tonic::metadata::{Ascii, MetadataValue};
use tonic::transport::{Channel, ClientTlsConfig, Endpoint, Uri};
use tonic::{Code, Request, Response, Status};

use crate::Timestamp;
use crate::wire::proto::task_hub_sidecar_service_client::TaskHubSidecarServiceClient;

use super::error::CallError;
use super::token::TokenCache;
use super::{GrpcError, GrpcOptions};

/// A client of the service over one channel.
pub(super) type Service = TaskHubSidecarServiceClient<Channel>;

/// Servers take about a hundred calls at a time over one connection; waits are spread over this
/// many, which are opened as they are needed.
const WAIT_CONNECTIONS: usize = 8;
/// How much of a stream may be on its way and not read: work waits there while the worker is busy.
const STREAM_WINDOW_BYTES: u32 = 1024 * 1024;
/// The same for all streams of a connection. The HTTP/2 library closes a connection on which small
/// frames wait whose overhead is above half of it; with so much more than a stream can hold,
/// waiting work never gets there.
const CONNECTION_WINDOW_BYTES: u32 = 32 * STREAM_WINDOW_BYTES;
/// How long a connection may take to open.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// How long a probe of a connection may stay unanswered.
const KEEP_ALIVE_TIMEOUT: Duration = Duration::from_secs(20);

/// Who asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    Worker,
    Client,
}

/// Channels to one service. A clone shares them.
#[derive(Clone)]
pub(super) struct Connection {
    inner: Arc<Inner>,
}

struct Inner {
    options: GrpcOptions,
    work: Channel,
    calls: Channel,
    waits: Vec<Channel>,
    next_wait: AtomicUsize,
    headers: Headers,
    tokens: Option<TokenCache>,
}

/// What every request carries.
struct Headers {
    task_hub: Option<MetadataValue<Ascii>>,
    worker_id: MetadataValue<Ascii>,
    worker_agent: MetadataValue<Ascii>,
    client_agent: MetadataValue<Ascii>,
}

impl Connection {
    /// Nothing is opened yet: each channel opens at its first call, and again when it was lost.
    pub(super) fn new(options: GrpcOptions) -> Result<Self, GrpcError> {
        let endpoint = endpoint(&options)?;
        let headers = Headers::new(&options)?;
        let tokens = options.tokens.clone().map(TokenCache::new);
        let waits = (0..WAIT_CONNECTIONS).map(|_| endpoint.connect_lazy());
        Ok(Self {
            inner: Arc::new(Inner {
                work: endpoint.connect_lazy(),
                calls: endpoint.connect_lazy(),
                waits: waits.collect(),
                next_wait: AtomicUsize::new(0),
                headers,
                tokens,
                options,
            }),
        })
    }

    pub(super) fn options(&self) -> &GrpcOptions {
        &self.inner.options
    }

    /// Whether it shows tokens to the service.
    pub(super) fn has_tokens(&self) -> bool {
        self.inner.tokens.is_some()
    }

    fn service(&self, channel: Channel) -> Service {
        let options = self.options();
        Service::new(channel)
            .max_decoding_message_size(options.receive_bytes_max)
            .max_encoding_message_size(options.send_bytes_max)
    }

    /// For the stream of work and its answers.
    pub(super) fn work(&self) -> Service {
        self.service(self.inner.work.clone())
    }

    /// For calls that are answered at once.
    pub(super) fn calls(&self) -> Service {
        self.service(self.inner.calls.clone())
    }

    /// For calls that are answered when something happens.
    pub(super) fn waits(&self) -> Service {
        let next = self.inner.next_wait.fetch_add(1, Ordering::Relaxed);
        let channel = self.inner.waits.get(next % WAIT_CONNECTIONS);
        self.service(channel.unwrap_or(&self.inner.calls).clone())
    }

    /// A request with its headers.
    pub(super) async fn request<T: Message>(
        &self,
        role: Role,
        message: T,
    ) -> Result<Request<T>, CallError> {
        let (bytes, max) = (message.encoded_len(), self.options().send_bytes_max);
        if bytes > max {
            return Err(CallError::TooLarge { bytes, max });
        }
        let mut request = Request::new(message);
        let metadata = request.metadata_mut();
        let headers = &self.inner.headers;
        if let Some(task_hub) = &headers.task_hub {
            metadata.insert("taskhub", task_hub.clone());
        }
        match role {
            Role::Worker => {
                metadata.insert("workerid", headers.worker_id.clone());
                metadata.insert("x-user-agent", headers.worker_agent.clone());
            }
            Role::Client => {
                metadata.insert("x-user-agent", headers.client_agent.clone());
            }
        }
        if let Some(tokens) = &self.inner.tokens {
            let bearer = tokens.bearer(Timestamp::now()).await;
            metadata.insert("authorization", bearer.map_err(CallError::Token)?);
        }
        Ok(request)
    }

    /// A call that is answered within `timeout`.
    pub(super) async fn call<T, R, F>(
        &self,
        (role, timeout): (Role, Duration),
        message: T,
        send: impl FnOnce(Request<T>) -> F,
    ) -> Result<R, CallError>
    where
        T: Message,
        F: Future<Output = Result<Response<R>, Status>>,
    {
        let answer = async {
            let mut request = self.request(role, message).await?;
            request.set_timeout(timeout);
            Ok(self.accepted(send(request).await).await?.into_inner())
        };
        let answer = tokio::time::timeout(timeout, answer).await;
        answer.unwrap_or(Err(CallError::TimedOut(timeout)))
    }

    /// A token that the service did not accept is not shown again.
    pub(super) async fn accepted<R>(
        &self,
        answer: Result<Response<R>, Status>,
    ) -> Result<Response<R>, CallError> {
        if let (Err(status), Some(tokens)) = (&answer, &self.inner.tokens)
            && status.code() == Code::Unauthenticated
        {
            tokens.forget().await;
        }
        answer.map_err(Into::into)
    }
}

impl Headers {
    fn new(options: &GrpcOptions) -> Result<Self, GrpcError> {
        let header = |name, value: &str| {
            MetadataValue::try_from(value).map_err(|_| GrpcError::Header {
                name,
                value: value.to_owned(),
            })
        };
        let agent = |role| {
            let version = env!("CARGO_PKG_VERSION");
            header(
                "x-user-agent",
                &format!("durable-task-rust/{version} ({role})"),
            )
        };
        let task_hub = options.task_hub.as_deref();
        Ok(Self {
            task_hub: task_hub
                .map(|hub| header("the task hub", hub))
                .transpose()?,
            worker_id: header("the worker's id", &options.worker_id)?,
            worker_agent: agent("DurableTaskWorker")?,
            client_agent: agent("DurableTaskClient")?,
        })
    }
}

/// What of an address may be repeated: neither who logs in nor the secrets of a connection string.
fn shown(endpoint: &str) -> String {
    if endpoint.contains(';') {
        return String::from("***");
    }
    match endpoint.rsplit_once('@') {
        None => endpoint.to_owned(),
        Some((before, host)) => {
            let scheme = before.split_once("://").map(|(scheme, _)| scheme);
            let scheme = scheme.map(|scheme| format!("{scheme}://"));
            format!("{}***@{host}", scheme.unwrap_or_default())
        }
    }
}

fn endpoint(options: &GrpcOptions) -> Result<Endpoint, GrpcError> {
    let wrong = |problem: &str| GrpcError::Endpoint {
        endpoint: shown(&options.endpoint),
        problem: problem.to_owned(),
    };
    if options.endpoint.contains(';') {
        return Err(wrong(
            "it looks like a connection string (an app takes one from \
             DURABLE_TASK_SCHEDULER_CONNECTION_STRING)",
        ));
    }
    let uri: Uri = options
        .endpoint
        .trim()
        .parse()
        .map_err(|_| wrong("it is no URL"))?;
    let is_encrypted = match uri.scheme_str() {
        Some("https") => true,
        Some("http") => false,
        _ => return Err(wrong("it begins neither with http:// nor with https://")),
    };
    let Some(host) = uri.host().filter(|host| !host.is_empty()) else {
        return Err(wrong("it names no host"));
    };
    if uri.authority().is_some_and(|a| a.as_str().contains('@')) {
        // It would be sent to nobody, and stand in every log.
        return Err(wrong("take out what looks like a user name or password"));
    }
    if options.tokens.is_some() && !is_encrypted && !is_this_machine(host) {
        return Err(GrpcError::Unencrypted {
            endpoint: options.endpoint.clone(),
        });
    }
    let mut endpoint = Endpoint::from(uri)
        .connect_timeout(CONNECT_TIMEOUT)
        .tcp_nodelay(true)
        .tcp_keepalive(Some(options.keep_alive))
        .http2_keep_alive_interval(options.keep_alive)
        .keep_alive_timeout(KEEP_ALIVE_TIMEOUT)
        .initial_stream_window_size(STREAM_WINDOW_BYTES)
        .initial_connection_window_size(CONNECTION_WINDOW_BYTES);
    if is_encrypted {
        let tls = ClientTlsConfig::new().with_native_roots();
        endpoint = endpoint
            .tls_config(tls)
            .map_err(|error| wrong(&error.to_string()))?;
    }
    Ok(endpoint)
}

fn is_this_machine(host: &str) -> bool {
    let host = host.trim_matches(['[', ']']);
    host == "localhost"
        || host
            .parse::<std::net::IpAddr>()
            .is_ok_and(|ip| ip.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn an_endpoint_is_a_url_with_a_host() {
        for (text, words) in [
            ("", "it is no URL"),
            ("127.0.0.1:4001", "begins neither"),
            ("ftp://x", "begins neither"),
            ("http://", "it is no URL"),
            ("http://me:hush@x", "`http://***@x` is not"),
            ("http://me:hush@x", "a user name or password"),
            ("hush@", "`***@` is not"),
            ("Endpoint=https://x;Key=hush", "a connection string"),
        ] {
            let error = Connection::new(GrpcOptions::new(text)).err().unwrap();
            assert!(error.to_string().contains(words), "{text}: {error}");
            assert!(!error.to_string().contains("hush"), "{error}");
        }
        for text in ["http://127.0.0.1:4001", "https://x.durabletask.io"] {
            assert!(Connection::new(GrpcOptions::new(text)).is_ok(), "{text}");
        }
    }

    #[tokio::test]
    async fn tokens_go_encrypted_or_stay_here() {
        struct Never;
        #[async_trait::async_trait]
        impl super::super::TokenSource for Never {
            async fn token(&self) -> Result<super::super::AccessToken, super::super::TokenError> {
                unreachable!("nothing is sent")
            }
        }
        let with_token = |endpoint: &str| {
            let mut options = GrpcOptions::new(endpoint);
            options.tokens = Some(Arc::new(Never));
            Connection::new(options).map(drop)
        };
        let endpoint = String::from("http://example.com");
        let refused = Err(GrpcError::Unencrypted {
            endpoint: endpoint.clone(),
        });
        assert_eq!(with_token(&endpoint), refused);
        for endpoint in [
            "https://example.com",
            "http://[::1]:1",
            "http://localhost:1",
        ] {
            assert_eq!(with_token(endpoint), Ok(()), "{endpoint}");
        }
    }

    #[tokio::test]
    async fn a_text_that_is_no_header_is_refused_at_once() {
        let mut options = GrpcOptions::new("http://127.0.0.1:1");
        options.task_hub = Some("a\nb".into());
        let error = Connection::new(options).err().unwrap();
        assert!(error.to_string().starts_with("the task hub"), "{error}");
    }

    #[tokio::test]
    async fn a_message_above_the_limit_is_not_sent() {
        let mut options = GrpcOptions::new("http://127.0.0.1:1");
        options.send_bytes_max = 5;
        let connection = Connection::new(options).unwrap();
        let message = crate::wire::proto::InstanceBatch {
            instance_ids: vec!["123456".into()],
        };
        let error = connection.request(Role::Client, message).await.err();
        assert_eq!(error, Some(CallError::TooLarge { bytes: 8, max: 5 }));
    }
}
