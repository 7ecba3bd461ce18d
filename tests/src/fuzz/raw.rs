//! gRPC messages as they are on the wire, whatever is in them.

use durable_task::wire::proto::task_hub_sidecar_service_server::SERVICE_NAME;
use prost::bytes::{Buf as _, BufMut as _};
use tonic::codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder};
use tonic::codegen::http::uri::PathAndQuery;
use tonic::transport::Channel;
use tonic::{Request, Status, Streaming};

/// All methods of the service.
pub const METHODS: &[&str] = &[
    "Hello",
    "StartInstance",
    "GetInstance",
    "RewindInstance",
    "RestartInstance",
    "WaitForInstanceStart",
    "WaitForInstanceCompletion",
    "RaiseEvent",
    "TerminateInstance",
    "SuspendInstance",
    "ResumeInstance",
    "QueryInstances",
    "ListInstanceIds",
    "PurgeInstances",
    "GetWorkItems",
    "CompleteActivityTask",
    "CompleteOrchestratorTask",
    "CompleteEntityTask",
    "StreamInstanceHistory",
    "CreateTaskHub",
    "DeleteTaskHub",
    "SignalEntity",
    "GetEntity",
    "QueryEntities",
    "CleanEntityStorage",
    "AbandonTaskActivityWorkItem",
    "AbandonTaskOrchestratorWorkItem",
    "AbandonTaskEntityWorkItem",
    "SkipGracefulOrchestrationTerminations",
];

/// Bytes in, bytes out.
#[derive(Clone, Copy, Default)]
pub struct Raw;

impl Codec for Raw {
    type Encode = Vec<u8>;
    type Decode = Vec<u8>;
    type Encoder = Self;
    type Decoder = Self;

    fn encoder(&mut self) -> Self {
        Self
    }

    fn decoder(&mut self) -> Self {
        Self
    }
}

impl Encoder for Raw {
    type Item = Vec<u8>;
    type Error = Status;

    fn encode(&mut self, item: Vec<u8>, buffer: &mut EncodeBuf<'_>) -> Result<(), Status> {
        buffer.put_slice(&item);
        Ok(())
    }
}

impl Decoder for Raw {
    type Item = Vec<u8>;
    type Error = Status;

    fn decode(&mut self, buffer: &mut DecodeBuf<'_>) -> Result<Option<Vec<u8>>, Status> {
        let length = buffer.remaining();
        Ok(Some(buffer.copy_to_bytes(length).to_vec()))
    }
}

/// Calls a method, unary or not: both are a message and then a stream on the wire.
pub async fn call(
    channel: &Channel,
    method: &str,
    message: Vec<u8>,
) -> Result<Streaming<Vec<u8>>, Status> {
    let mut client = tonic::client::Grpc::new(channel.clone());
    let ready = client.ready().await;
    ready.map_err(|error| Status::unavailable(error.to_string()))?;
    let path: PathAndQuery = format!("/{SERVICE_NAME}/{method}")
        .parse()
        .map_err(|_| Status::invalid_argument("path"))?;
    let answer = client.server_streaming(Request::new(message), path, Raw);
    answer.await.map(tonic::Response::into_inner)
}
