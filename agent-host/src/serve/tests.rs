//! The listener over real sockets.

use std::sync::atomic::AtomicUsize;

use axum::routing::get;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::sync::Notify;
use tokio::task::JoinHandle;

use super::*;

/// A server whose route `/held` answers when it is told to, or when callers must not wait.
struct Server {
    address: SocketAddr,
    ending: Ending,
    entered: Arc<Notify>,
    release: Arc<Notify>,
    served: JoinHandle<Duration>,
    answered: Arc<AtomicUsize>,
}

async fn start(head_timeout: Duration, deadline: Duration) -> Server {
    let listener = listen(0, false).await.unwrap();
    let address = listener.local_addr().unwrap();
    let ending = Ending {
        stop: CancellationToken::new(),
        closing: CancellationToken::new(),
        deadline,
    };
    let (entered, release) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let answered = Arc::new(AtomicUsize::new(0));
    let held = {
        let (entered, release) = (Arc::clone(&entered), Arc::clone(&release));
        let (closing, answered) = (ending.closing.clone(), Arc::clone(&answered));
        move || {
            let (entered, release) = (Arc::clone(&entered), Arc::clone(&release));
            let (closing, answered) = (closing.clone(), Arc::clone(&answered));
            async move {
                entered.notify_one();
                tokio::select! {
                    () = release.notified() => {}
                    () = closing.cancelled() => {}
                }
                answered.fetch_add(1, Ordering::Relaxed);
                "done"
            }
        }
    };
    let router = Router::new()
        .route("/held", get(held))
        .route("/", get(|| async { "hello" }));
    let serving = ending.clone();
    let served = tokio::spawn(async move { serve(listener, router, head_timeout, &serving).await });
    Server {
        address,
        ending,
        entered,
        release,
        served,
        answered,
    }
}

async fn send(address: SocketAddr, text: &str) -> TcpStream {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(text.as_bytes()).await.unwrap();
    stream
}

/// All that comes until the connection ends.
async fn rest(mut stream: TcpStream) -> String {
    let mut bytes = Vec::new();
    // A connection that is cut gives no more than what came.
    while let Ok(1..) = stream.read_buf(&mut bytes).await {}
    String::from_utf8(bytes).unwrap()
}

const LONG: Duration = Duration::from_secs(30);

#[tokio::test]
async fn a_head_that_does_not_come_ends_the_connection() {
    let server = start(Duration::from_millis(30), LONG).await;
    let slow = send(server.address, "GET / HTTP/1.1\r\nhost: a\r\nx-slow: ").await;
    assert!(!rest(slow).await.contains("hello"));
    let quick = "GET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n";
    assert!(
        rest(send(server.address, quick).await)
            .await
            .ends_with("hello")
    );
    server.ending.stop.cancel();
    server.served.await.unwrap();
}

#[tokio::test]
async fn running_requests_end_before_the_server_does() {
    let server = start(LONG, LONG).await;
    let stream = send(server.address, "GET /held HTTP/1.1\r\nhost: a\r\n\r\n").await;
    server.entered.notified().await;
    let idle = send(server.address, "").await;
    server.ending.stop.cancel();
    // The idle connection ends at once, and nobody is let in any more.
    assert_eq!(rest(idle).await, "");
    assert!(!server.served.is_finished());
    server.release.notify_one();
    assert!(rest(stream).await.ends_with("done"));
    server.served.await.unwrap();
    assert!(TcpStream::connect(server.address).await.is_err());
    assert!(!server.ending.closing.is_cancelled());
}

#[tokio::test]
async fn past_the_deadline_callers_are_answered_all_the_same() {
    let server = start(LONG, Duration::from_millis(30)).await;
    let stream = send(server.address, "GET /held HTTP/1.1\r\nhost: a\r\n\r\n").await;
    server.entered.notified().await;
    server.ending.stop.cancel();
    assert!(rest(stream).await.ends_with("done"));
    server.served.await.unwrap();
    assert!(server.ending.closing.is_cancelled());
}

#[tokio::test]
async fn a_client_that_goes_away_leaves_its_request_to_its_end_and_holds_nobody_up() {
    let server = start(LONG, LONG).await;
    let stream = send(server.address, "GET /held HTTP/1.1\r\nhost: a\r\n\r\n").await;
    server.entered.notified().await;
    drop(stream);
    let quick = "GET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n";
    assert!(
        rest(send(server.address, quick).await)
            .await
            .ends_with("hello")
    );
    assert_eq!(server.answered.load(Ordering::Relaxed), 0);
    server.release.notify_one();
    server.ending.stop.cancel();
    server.served.await.unwrap();
    assert_eq!(server.answered.load(Ordering::Relaxed), 1);
}

#[tokio::test]
async fn a_head_that_is_too_large_is_refused() {
    let server = start(LONG, LONG).await;
    let head = format!(
        "GET / HTTP/1.1\r\nhost: a\r\nx-long: {}\r\n\r\n",
        "x".repeat(HEAD_BYTES_MAX)
    );
    assert!(
        rest(send(server.address, &head).await)
            .await
            .starts_with("HTTP/1.1 431")
    );
    server.ending.stop.cancel();
    server.served.await.unwrap();
}
