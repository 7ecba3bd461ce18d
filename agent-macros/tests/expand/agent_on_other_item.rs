// #[agent]
// async fn guide() {}
// error: `#[agent]` goes on a unit struct [AGT009]
//   help: write `#[agent(..)] struct Name;`

async fn guide() {}
