//! Replicas whose clocks differ: leases are measured by the database's.

use std::process::Command;

use serde_json::json;

use crate::support::{DistributedShop, Mishap, Pace, Patience, nothing_is_unfinished, postgres};

/// Lets a process believe that it is an hour later.
const AN_HOUR_LATER: &str = "
#define _GNU_SOURCE
#include <time.h>
#include <unistd.h>
#include <sys/syscall.h>
int clock_gettime(clockid_t clock, struct timespec *now) {
    long failed = syscall(SYS_clock_gettime, clock, now);
    if (!failed && clock == CLOCK_REALTIME) now->tv_sec += 3600;
    return (int) failed;
}
";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_replica_whose_clock_is_ahead_leaves_others_their_orders() {
    let Some(url) = postgres::url() else { return };
    let folder = tempfile::tempdir().unwrap();
    let (source, library) = (folder.path().join("late.c"), folder.path().join("late.so"));
    std::fs::write(&source, AN_HOUR_LATER).unwrap();
    let mut compiler = Command::new("cc");
    compiler
        .args(["-shared", "-fPIC", "-o"])
        .arg(&library)
        .arg(&source);
    assert!(compiler.status().unwrap().success());

    let pace = Pace {
        call_timeout: "60s",
        lease: "10m",
    };
    let shop = DistributedShop::open(url, pace).await;
    let book = shop.catalog.add_book(10).await;
    let late = Mishap::AnsweredLate;
    shop.to_catalog.plan("PUT /reservations/", late, 1, 0);
    let items = json!({"items": [{"product_id": book, "quantity": 2}]});
    let orders = shop.orders();
    let slow = tokio::spawn(async move { orders.order(5, "slow", Some(items)).await });
    let patience = Patience::new();
    while !shop.to_catalog.is_through() {
        patience.wait("before the reservation").await;
    }
    let ahead = shop.start_replica_with(&library);
    // It takes over what is left behind, and thus has looked at all leases.
    shop.execute(
        "INSERT INTO orders (customer_id, status, request, created_at, lease_until, token)
         VALUES (6, 'Pending', '{}', 0, 0, '00000000-0000-7000-8000-000000000006')",
    )
    .await;
    loop {
        let (_, audit) = ahead.service("orders").get("/audit").await;
        // The slow one alone.
        if audit["unfinished"] == json!(1) && audit["checked"]["orders"] == json!(2) {
            break;
        }
        patience.wait(audit).await;
    }
    shop.to_catalog.let_answer_go();
    let (status, answer) = slow.await.unwrap();
    assert_eq!(status, 201, "{answer}");
    nothing_is_unfinished(&shop.orders()).await;
    assert_eq!(shop.catalog.stock(book).await, 8);
    drop(ahead);
    shop.close().await;
}
