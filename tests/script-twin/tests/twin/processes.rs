//! Programs of others, started on free ports and killed at the end.

use std::fs::File;
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use agent_tests::tools::{self, need};
use tempfile::TempDir;

/// How long a program may take until its port is open.
const START_TIMEOUT: Duration = Duration::from_mins(1);
/// How often it is looked at.
const LOOK: Duration = Duration::from_millis(20);
/// The account that every Azurite has.
const ACCOUNT: &str = "AccountName=devstoreaccount1;AccountKey=Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1\
                       OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";

/// A program that runs; dropping it kills it.
pub struct Process {
    child: Child,
    log: PathBuf,
    _folder: TempDir,
}

impl Process {
    /// Starts it, with its output in a file.
    pub fn start(mut command: Command) -> Self {
        let folder = TempDir::new().unwrap();
        let log = folder.path().join("output.log");
        let output = File::create(&log).unwrap();
        let child = command
            .current_dir(folder.path())
            .stdin(Stdio::null())
            .stdout(output.try_clone().unwrap())
            .stderr(output)
            .spawn()
            .unwrap_or_else(|error| panic!("{command:?}: {error}"));
        Self {
            child,
            log,
            _folder: folder,
        }
    }

    /// What it wrote so far.
    pub fn output(&self) -> String {
        let bytes = std::fs::read(&self.log).unwrap_or_default();
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// Ends when the port takes connections.
    pub async fn listens(&mut self, port: u16) {
        let opened = async {
            while tokio::net::TcpStream::connect((Ipv4Addr::LOCALHOST, port))
                .await
                .is_err()
            {
                let ended = self.child.try_wait().unwrap();
                assert!(ended.is_none(), "ended ({ended:?}): {}", self.output());
                tokio::time::sleep(LOOK).await;
            }
        };
        let opened = tokio::time::timeout(START_TIMEOUT, opened).await;
        assert!(opened.is_ok(), "port {port} is closed: {}", self.output());
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Ports that were free a moment ago.
pub fn free_ports<const N: usize>() -> [u16; N] {
    let listeners = [(); N].map(|()| TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap());
    listeners.map(|listener| listener.local_addr().unwrap().port())
}

/// The in-memory sidecar of the .NET SDK.
pub async fn in_memory_sidecar(program: &Path) -> (Process, String) {
    let [port] = free_ports();
    let mut command = Command::new(program);
    command.args(["grpc-sidecar", "--port", &port.to_string()]);
    let mut sidecar = Process::start(command);
    sidecar.listens(port).await;
    (sidecar, format!("http://127.0.0.1:{port}"))
}

/// A sidecar over the Azure Storage backend, with histories that have entity events.
pub async fn storage_sidecar(program: &Path, storage: &str, hub: &str) -> (Process, String) {
    let [port] = free_ports();
    let mut command = Command::new(program);
    command
        .args(["grpc-sidecar", "--port", &port.to_string(), "--hub", hub])
        .args(["--explicit-entity-events", "--max-poll-ms", "200"])
        .args(["--partitions", "1", "--stream-above-bytes", "100000"])
        .env("REFERENCE_HUB_CONNECTION", storage);
    let mut sidecar = Process::start(command);
    sidecar.listens(port).await;
    (sidecar, format!("http://127.0.0.1:{port}"))
}

/// Storage, and its connection string.
pub async fn azurite() -> Option<(Process, String)> {
    let script = need(tools::azurite())?;
    let ports: [u16; 3] = free_ports();
    let mut command = Command::new("node");
    command.arg(script).args([
        "--skipApiVersionCheck",
        "--disableProductStyleUrl",
        "--inMemoryPersistence",
        "--silent",
    ]);
    let mut connection = format!("DefaultEndpointsProtocol=http;{ACCOUNT}");
    for (service, port) in ["Blob", "Queue", "Table"].into_iter().zip(ports) {
        command.arg(format!("--{}Port", service.to_lowercase()));
        command.arg(port.to_string());
        let address = format!("http://127.0.0.1:{port}/devstoreaccount1");
        connection = format!("{connection};{service}Endpoint={address}");
    }
    let mut storage = Process::start(command);
    for port in ports {
        storage.listens(port).await;
    }
    Some((storage, connection))
}

/// The worker of the .NET SDK.
pub fn dotnet_worker(program: &Path, address: &str, more: &[&str]) -> Process {
    let mut command = Command::new(program);
    command
        .args(["grpc-worker", "--address", address])
        .args(more);
    Process::start(command)
}
