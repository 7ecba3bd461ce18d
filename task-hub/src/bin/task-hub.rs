//! `task-hub serve`: a hub of its own process, for workers and clients in any language.

use std::io::IsTerminal as _;
use std::io::Write as _;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use clap::{Parser, Subcommand, ValueEnum};
use durable_task::TokioRuntime;
use task_hub::sidecar::{EntityForm, Sidecar, SidecarOptions};
use task_hub::{Hub, HubOptions};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tracing_subscriber::EnvFilter;

/// A durable execution engine in one process.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Serves a hub to Durable Task workers and clients over gRPC.
    Serve(Serve),
}

#[derive(clap::Args)]
struct Serve {
    /// Where to listen; port 0 takes any that is free.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:4001")]
    listen: SocketAddr,
    /// `memory`, or the file that the hub is kept in.
    #[arg(long, value_name = "memory|FILE", default_value = "memory")]
    hub: PathBuf,
    /// How entity work is written: `v1` is for SDKs from before 2025.
    #[arg(long, value_enum, default_value = "v2")]
    entity_form: Form,
    /// A history of more bytes is streamed to workers that can take that.
    #[arg(
        long, value_name = "BYTES",
        default_value_t = SidecarOptions::default().stream_above_bytes
    )]
    stream_above_bytes: usize,
    /// Bytes of one message. Workers and clients have to be told, too, if it is more than 4 MiB.
    #[arg(
        long, value_name = "BYTES", value_parser = message_bytes,
        default_value_t = SidecarOptions::default().message_bytes_max
    )]
    max_message_bytes: usize,
    /// Listens for other machines, too. Nobody is asked who they are: whoever reaches the port can
    /// start, read and remove everything.
    #[arg(long)]
    allow_remote: bool,
}

#[derive(Clone, Copy, ValueEnum)]
enum Form {
    V1,
    V2,
}

/// The smallest limit of messages: ids, names and tokens need some room.
const MESSAGE_BYTES_MIN: usize = 256 * 1024;
/// The largest one: lengths have 32 bits.
const MESSAGE_BYTES_MAX: usize = 1024 * 1024 * 1024;

fn message_bytes(text: &str) -> Result<usize, String> {
    let bytes: usize = text.parse().map_err(|error| format!("{error}"))?;
    if (MESSAGE_BYTES_MIN..=MESSAGE_BYTES_MAX).contains(&bytes) {
        Ok(bytes)
    } else {
        Err(format!(
            "it has to be between {MESSAGE_BYTES_MIN} and {MESSAGE_BYTES_MAX}"
        ))
    }
}

#[tokio::main]
async fn main() -> ExitCode {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(std::io::stderr().is_terminal())
        .with_writer(std::io::stderr)
        .init();
    let Command::Serve(serve) = Arguments::parse().command;
    match serve.run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            eprintln!("error: {problem}");
            ExitCode::FAILURE
        }
    }
}

impl Serve {
    async fn run(self) -> Result<(), String> {
        let address = self.listen;
        if !address.ip().is_loopback() && !self.allow_remote {
            return Err(format!(
                "{address} can be reached from other machines, and nobody is asked who they are: \
                 listen at 127.0.0.1, or say `--allow-remote` if only trusted ones reach it"
            ));
        }
        let runtime = TokioRuntime::current().ok_or("tokio does not run")?;
        let runtime = Arc::new(runtime);
        let options = self.options();
        let hub = if self.hub.as_os_str() == "memory" {
            HubOptions::memory()
        } else {
            HubOptions::file(&self.hub)
        };
        let hub = Hub::open(hub.limits(options.hub_limits()), runtime.clone());
        let hub = hub.await.map_err(|error| error.to_string())?;
        let hub = Arc::new(hub);
        let listener = match TcpListener::bind(address).await {
            Ok(listener) => listener,
            Err(error) => {
                hub.shutdown(options.drain).await;
                return Err(format!("can't listen at {address}: {error}"));
            }
        };
        let bound = listener.local_addr().map_err(|error| error.to_string())?;
        hub.announce(&bound.to_string());
        say(&format!("task-hub serves at {bound}"));
        let stop = CancellationToken::new();
        tokio::spawn(stop_at_signal(stop.clone()));
        let serving = Sidecar::new(hub, runtime, options).serve(listener, stop);
        serving.await.map_err(|error| error.to_string())
    }

    fn options(&self) -> SidecarOptions {
        let mut options = SidecarOptions::default();
        options.entity_form = match self.entity_form {
            Form::V1 => EntityForm::V1,
            Form::V2 => EntityForm::V2,
        };
        options.stream_above_bytes = self.stream_above_bytes;
        options.message_bytes_max = self.max_message_bytes;
        options
    }
}

/// A line for whoever started this program.
fn say(line: &str) {
    let mut out = std::io::stdout().lock();
    // Nobody may read it.
    let _ = writeln!(out, "{line}");
    let _ = out.flush();
}

/// Drains at the first signal; ends at once at the second one.
async fn stop_at_signal(stop: CancellationToken) {
    signalled().await;
    tracing::info!("draining; a second signal ends at once");
    stop.cancel();
    signalled().await;
    std::process::exit(130);
}

#[cfg(unix)]
async fn signalled() {
    use tokio::signal::unix::{SignalKind, signal};
    let interrupted = tokio::signal::ctrl_c();
    match signal(SignalKind::terminate()) {
        Ok(mut terminated) => {
            tokio::select! {
                _ = interrupted => {}
                _ = terminated.recv() => {}
            }
        }
        Err(error) => {
            tracing::warn!(%error, "SIGTERM can't be watched");
            let _ = interrupted.await;
        }
    }
}

#[cfg(not(unix))]
async fn signalled() {
    let _ = tokio::signal::ctrl_c().await;
}
