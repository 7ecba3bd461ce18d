//! Without keys every level is open; the levels themselves are tested beside their code.

use agent_host::AuthLevel;

use crate::support::TestApp;

#[tokio::test]
async fn every_level_is_open_without_keys() {
    for level in [AuthLevel::Anonymous, AuthLevel::Function, AuthLevel::Admin] {
        let app = TestApp::with(|app| app.auth_level(level)).await;
        assert_eq!(app.get("/api/agents").await.status, 200);
        app.end().await;
    }
}
