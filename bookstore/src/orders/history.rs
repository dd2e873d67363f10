//! Orders as their customers, and the bookseller, look back at them: when they were placed, what they
//! cost, what came back. The report's `/orders` tells of an order its number and its status only.
//!
//! An order has a code by which its customer finds it again: the last sixteen digits of its token,
//! which nobody can guess. Whoever knows it may see the order and return it, so only the
//! customer gets it.

use std::{collections::HashMap, sync::Arc};

use axum::{Json, extract::State};
use serde::{Deserialize, Serialize};
use sqlx::AssertSqlSafe;
use utoipa::{IntoParams, ToSchema};

use super::Orders;
use crate::platform::{
    Error,
    database::{List, rows, with_reader},
    extract::{Checked, FromParameters, Parameters},
    paging::{NextPage, Paging},
    validation::{Location, Problems},
};

/// An order that was placed, with what is in it.
#[derive(Debug, Serialize, Deserialize, ToSchema, sqlx::FromRow)]
pub(crate) struct PastOrder {
    pub(crate) id: i64,
    pub(crate) customer_id: i64,
    /// `Ordered`, or `Returned` when every copy came back.
    pub(crate) status: String,
    /// Milliseconds since 1970.
    pub(crate) created_at: i64,
    /// Nothing for orders of early versions.
    pub(crate) code: Option<String>,
    #[sqlx(skip)]
    pub(crate) items: Vec<PastItem>,
    /// By time.
    #[sqlx(skip)]
    pub(crate) returns: Vec<PastReturn>,
}

/// Copies of a product in an order.
#[derive(Debug, Serialize, Deserialize, ToSchema, sqlx::FromRow)]
pub(crate) struct PastItem {
    #[serde(skip)]
    order_id: i64,
    pub(crate) product_id: i64,
    pub(crate) quantity: i64,
    /// Copies that came back.
    pub(crate) returned: i64,
    /// What a copy cost; not known of early orders.
    pub(crate) price: Option<i64>,
}

/// Copies of a product that came back together.
#[derive(Debug, Serialize, Deserialize, ToSchema, sqlx::FromRow)]
pub(crate) struct PastReturn {
    #[serde(skip)]
    order_id: i64,
    /// Milliseconds since 1970.
    pub(crate) created_at: i64,
    pub(crate) product_id: i64,
    pub(crate) quantity: i64,
}

/// Orders, the latest first.
#[derive(Serialize, Deserialize, ToSchema)]
pub(crate) struct History {
    pub(super) orders: Vec<PastOrder>,
}

/// Which orders are asked for: everybody's, unless it says otherwise.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct HistoryQuery {
    /// List only this customer's.
    #[param(value_type = Option<i64>, minimum = 1, nullable = false)]
    customer_id: i64,
    /// List only the order with this code: 16 hexadecimal digits.
    #[param(value_type = Option<String>, nullable = false, pattern = "^[0-9a-f]{16}$")]
    code: String,
}

impl FromParameters for HistoryQuery {
    fn read(parameters: &Parameters<'_>, problems: &mut Problems) -> Option<Self> {
        let customer = parameters.query_integer("customer_id", &(1..=i64::MAX), problems);
        let code = match parameters.query("code") {
            None => Some(String::new()),
            Some(code) if is_code(&code) => Some(code),
            Some(_) => problems.add(
                &Location::Field(&Location::Part("query"), "code"),
                "string_pattern_mismatch",
                "String should match pattern '^[0-9a-f]{16}$'",
            ),
        };
        Some(Self {
            customer_id: customer?.unwrap_or(0),
            code: code?,
        })
    }
}

fn is_code(text: &str) -> bool {
    text.len() == 16
        && text
            .bytes()
            .all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

/// Get orders with their lines, prices and returns, the latest first: all, or those that are asked for,
/// or a page of them.
#[utoipa::path(
    get,
    path = "/order_history",
    operation_id = "list_order_history",
    params(HistoryQuery, Paging),
    responses((status = 200, body = History))
)]
pub(super) async fn list(
    State(orders): State<Arc<Orders>>,
    Checked((wanted, paging)): Checked<(HistoryQuery, Paging)>,
) -> Result<(NextPage, Json<History>), Error> {
    let placed = orders.placed(&wanted, &paging).await?;
    let (next, mut placed) = paging.cut(placed, |order| order.id);
    orders.add_contents(&mut placed).await?;
    Ok((next, Json(History { orders: placed })))
}

impl Orders {
    async fn placed(
        &self,
        wanted: &HistoryQuery,
        paging: &Paging,
    ) -> Result<Vec<PastOrder>, Error> {
        // Tokens of orders that had none begin with zeros and can be guessed.
        let condition = match (wanted.customer_id, wanted.code.as_str()) {
            (0, "") => "$2 = 0 AND $3 = ''",
            (_, "") => "customer_id = $2 AND $3 = ''",
            _ => "$2 IN (0, customer_id) AND substr(token, 20) = $3 AND token >= '01'",
        };
        let statement = format!(
            "SELECT id, customer_id, status, created_at,
                 CASE WHEN token >= '01' THEN replace(substr(token, 20), '-', '') END AS code
             FROM orders WHERE status IN ('Ordered', 'Returned') AND id < $1 AND {condition}
             ORDER BY id DESC LIMIT $4"
        );
        let code = match wanted.code.split_at_checked(4) {
            Some((start, rest)) => format!("{start}-{rest}"),
            None => String::new(),
        };
        with_reader!(&self.database, |reader| rows!(
            reader,
            AssertSqlSafe(statement.as_str()),
            paging.before(),
            wanted.customer_id,
            &code,
            paging.rows(),
        ))
    }

    async fn add_contents(&self, orders: &mut [PastOrder]) -> Result<(), Error> {
        if orders.is_empty() {
            return Ok(());
        }
        let ids = List::of_ids(orders.iter().map(|order| order.id));
        let in_list = self.database.in_list();
        let items = format!(
            "SELECT order_id, product_id, quantity, returned, price FROM order_items
             WHERE order_id {in_list} ORDER BY id"
        );
        let items: Vec<PastItem> = with_reader!(&self.database, |reader| rows!(
            reader,
            AssertSqlSafe(items.as_str()),
            ids.clone()
        ))?;
        let returns = format!(
            "SELECT order_id, created_at, product_id, quantity
             FROM returns JOIN return_items ON return_id = returns.id
             WHERE order_id {in_list} ORDER BY returns.id, product_id"
        );
        let returns: Vec<PastReturn> = with_reader!(&self.database, |reader| rows!(
            reader,
            AssertSqlSafe(returns.as_str()),
            ids.clone()
        ))?;
        let mut items = by_order(items, |item| item.order_id);
        let mut returns = by_order(returns, |returned| returned.order_id);
        for order in orders {
            order.items = items.remove(&order.id).unwrap_or_default();
            order.returns = returns.remove(&order.id).unwrap_or_default();
        }
        Ok(())
    }
}

fn by_order<T>(rows: Vec<T>, order: impl Fn(&T) -> i64) -> HashMap<i64, Vec<T>> {
    let mut sorted: HashMap<i64, Vec<T>> = HashMap::new();
    for row in rows {
        sorted.entry(order(&row)).or_default().push(row);
    }
    sorted
}
