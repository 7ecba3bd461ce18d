use super::*;

#[tokio::test]
async fn an_order_outlives_its_process() -> Result<(), Box<dyn Error>> {
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("orders.db");
    assert_eq!(run("begin", &file).await?, "order-1 waits for its payment");
    assert_eq!(
        run("pay", &file).await?,
        "a chair for 4200 cents is on its way"
    );
    assert!(
        run("begin", &file).await.is_err(),
        "the order is there already"
    );
    Ok(())
}
