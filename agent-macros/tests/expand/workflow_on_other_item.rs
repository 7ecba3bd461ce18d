// #[workflow]
// pub struct Plan;
// error: `#[workflow]` goes on a function [AGT607]
//   help: write `#[workflow] fn name(input: Input) -> Output { first >> second; }`

pub struct Plan;
