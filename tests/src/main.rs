//! End-to-end tests: real binaries over real sockets, and the public API as a user has it.

#[cfg(test)]
mod bad_input;
#[cfg(test)]
mod commits;
#[cfg(test)]
mod const_checks;
#[cfg(test)]
mod crash;
#[cfg(test)]
mod crash_loop;
#[cfg(test)]
mod dotnet;
#[cfg(all(test, target_os = "linux"))]
mod full_disk;
#[cfg(all(test, target_os = "linux"))]
mod full_disk_service;
#[cfg(test)]
mod fuzz;
#[cfg(test)]
mod interop;
#[cfg(test)]
mod kill_load;
#[cfg(test)]
mod kill_mixed;
#[cfg(test)]
mod kill_workflows;
#[cfg(test)]
mod mid_executor;
#[cfg(test)]
mod order;
#[cfg(test)]
mod readme;
#[cfg(test)]
mod replay;
#[cfg(test)]
mod samples;
#[cfg(test)]
mod scene;
#[cfg(test)]
mod service;
#[cfg(test)]
mod workflows;
