import Spending
